import { readdirSync, readFileSync } from "node:fs";
import { formatter } from "@lingui/format-po";
import { compileMessage, type CompiledMessage } from "@lingui/message-utils/compileMessage";
import { describe, expect, it } from "vitest";
import known from "../ui/src/languages.json";

const FOLDERS = ["operator/src/locales", "operator/src/guest/locales", "operator/src/door/locales"];
/** The reasons of the server have codes in place of their English, which the English catalogue has. */
const REASONS = "operator/src/locales/reasons-";
const CATALOGUES = [...FOLDERS.map((folder) => `${folder}/`), REASONS];
const po = formatter({ lineNumbers: false });

type Words = Record<string, string>;

const read = new Map<string, Promise<Words>>();

/** The translations of a catalogue by their English, or by their code; what is not translated is empty. */
function wordsOf(catalogue: string, language: string): Promise<Words> {
  const name = `${catalogue}${language}`;
  const words = read.get(name) ?? readWords(name, language);
  read.set(name, words);
  return words;
}

async function readWords(name: string, language: string): Promise<Words> {
  const filename = new URL(`../${name}.po`, import.meta.url);
  const context = { locale: language, sourceLocale: "en", filename: filename.pathname };
  const messages = Object.entries(await po.parse(readFileSync(filename, "utf8"), context)).filter(([, { obsolete }]) => !obsolete);
  return Object.fromEntries(messages.map(([id, { message = id, translation = "" }]) => [message, translation]));
}

/** What a translation must take over: its placeholders and tags. Each is named once, as a plural says it in several branches. */
function parts(message: CompiledMessage): string[] {
  const found = (Array.isArray(message) ? message : [message]).flatMap((token): string[] => {
    if (typeof token === "string") return token.match(/<\/?\d+\/?>/g) ?? [];
    const [name, type, options] = token as [string, string?, Record<string, CompiledMessage>?];
    if (name === "#") return [];
    const inside = typeof options === "object" ? Object.values(options).flatMap((option) => (typeof option === "string" || Array.isArray(option) ? parts(option) : [])) : [];
    return [`{${name}${type ? ` ${type}` : ""}}`, ...inside];
  });
  return [...new Set(found)].sort();
}

/** The values of a reason, however it chooses its words by them, and the names of fields and files, which are no words. */
function valuesAndFields(message: string): string[] {
  const values = parts(compileMessage(message)).map((part) => part.replace(/ \w+/, ""));
  return [...new Set([...values, ...(message.match(/`[^`]+`/g) ?? [])])].sort();
}

/** The plural forms a message has, and a language has, that the other lacks. */
function wrongForms(message: CompiledMessage, language: string): string[] {
  if (!Array.isArray(message)) return [];
  return message.flatMap((token) => {
    const [, type, options] = typeof token === "string" ? [] : (token as [string, string?, Record<string, CompiledMessage>?]);
    if (typeof options !== "object") return [];
    const inner = Object.values(options).flatMap((option) => (Array.isArray(option) ? wrongForms(option, language) : []));
    if (type !== "plural") return inner;
    const categories: string[] = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const said = Object.keys(options).filter((form) => form !== "offset" && !/^=?\d+$/.test(form));
    return [...inner, ...said.filter((form) => !categories.includes(form)), ...["one", "other"].filter((form) => !said.includes(form))];
  });
}

function missing(words: Words, source: Words): string[] {
  return Object.keys(source).filter((message) => !words[message]);
}

describe.each(Object.keys(known.languages).filter((language) => language !== "en"))("%s", (language) => {
  it.each(CATALOGUES)("is translated in %s, as far as it is said to be", async (catalogue) => {
    const source = await wordsOf(catalogue, "en");
    const words = await wordsOf(catalogue, language);
    const left = missing(words, source);
    if (left.length > 0) console.warn(`${catalogue}${language}.po lacks ${left.length} of ${Object.keys(source).length}, said in English until then:\n  ${left.slice(0, 20).join("\n  ")}`);
    if (known.complete.includes(language)) expect(left).toEqual([]);
  });

  it.each(CATALOGUES)("says what the English says in %s: its placeholders, its tags, its plural forms", async (catalogue) => {
    const source = await wordsOf(catalogue, "en");
    const has = catalogue === REASONS ? valuesAndFields : (message: string) => parts(compileMessage(message));
    // A sentence that is not on a page yet, or any more, is held to the same.
    const words = Object.entries(await wordsOf(catalogue, language)).filter(([, translation]) => translation);
    const wrong = words.filter(([message, translation]) => {
      const english = source[message] ?? message; // what is obsolete has its English as its key
      return has(english).join() !== has(translation).join() || wrongForms(compileMessage(translation), language).length > 0;
    });
    expect(wrong).toEqual([]);
  });
});

it("a language that is said to be complete is one there is, and has its catalogues and its glossary", () => {
  expect(Object.keys(known.languages)).toEqual(expect.arrayContaining(known.complete));
  for (const folder of FOLDERS) {
    const files = readdirSync(new URL(`../${folder}`, import.meta.url));
    expect(files).toEqual(expect.arrayContaining(Object.keys(known.languages).map((language) => `${language}.po`)));
  }
  expect(readdirSync(new URL("../operator/src/locales", import.meta.url))).toEqual(expect.arrayContaining(Object.keys(known.languages).map((language) => `reasons-${language}.po`)));
  const glossaries = readdirSync(new URL("../operator/src/locales/glossary", import.meta.url));
  expect(glossaries).toEqual(expect.arrayContaining(known.complete.filter((language) => language !== "en").map((language) => `${language}.md`)));
});

it("what a translation lacks or has too much is found", () => {
  expect(parts(compileMessage("{n, plural, one {# of <0>{name}</0>} other {# of <0>{name}</0>}}"))).toEqual(["</0>", "<0>", "{n plural}", "{name}"]);
  expect(parts(compileMessage("{0} of {name}"))).not.toEqual(parts(compileMessage("{0} von {nam}")));
  expect(wrongForms(compileMessage("{n, plural, few {a} other {b}}"), "de")).toEqual(["few", "one"]);
  expect(missing({ Save: "" }, { Save: "Save" })).toEqual(["Save"]);
});
