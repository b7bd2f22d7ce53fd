import { readdirSync, readFileSync } from "node:fs";
import { formatter } from "@lingui/format-po";
import { compileMessage, type CompiledMessage } from "@lingui/message-utils/compileMessage";
import { describe, expect, it } from "vitest";
import known from "../ui/src/languages.json";

const FOLDERS = ["operator/src/locales", "operator/src/guest/locales"];
const po = formatter({ lineNumbers: false });

type Words = Record<string, string>;

const read = new Map<string, Promise<Words>>();

/** The translations of a catalogue by their English; what is not translated is empty. */
function wordsOf(folder: string, language: string): Promise<Words> {
  const name = `${folder}/${language}`;
  const words = read.get(name) ?? readWords(folder, language);
  read.set(name, words);
  return words;
}

async function readWords(folder: string, language: string): Promise<Words> {
  const filename = new URL(`../${folder}/${language}.po`, import.meta.url);
  const context = { locale: language, sourceLocale: "en", filename: filename.pathname };
  const messages = Object.values(await po.parse(readFileSync(filename, "utf8"), context)).filter(({ obsolete }) => !obsolete);
  return Object.fromEntries(messages.map(({ message = "", translation = "" }) => [message, translation]));
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
  it.each(FOLDERS)("is translated in %s, as far as it is said to be", async (folder) => {
    const source = await wordsOf(folder, "en");
    const words = await wordsOf(folder, language);
    const left = missing(words, source);
    if (left.length > 0) console.warn(`${folder}/${language}.po lacks ${left.length} of ${Object.keys(source).length}, said in English until then:\n  ${left.slice(0, 20).join("\n  ")}`);
    if (known.complete.includes(language)) expect(left).toEqual([]);
  });

  it.each(FOLDERS)("says what the English says in %s: its placeholders, its tags, its plural forms", async (folder) => {
    // A sentence that is not on a page yet, or any more, is held to the same.
    const words = Object.entries(await wordsOf(folder, language)).filter(([, translation]) => translation);
    const wrong = words.filter(([message, translation]) => {
      const [source, ours] = [compileMessage(message), compileMessage(translation)];
      return parts(source).join() !== parts(ours).join() || wrongForms(ours, language).length > 0;
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
  const glossaries = readdirSync(new URL("../operator/src/locales/glossary", import.meta.url));
  expect(glossaries).toEqual(expect.arrayContaining(known.complete.filter((language) => language !== "en").map((language) => `${language}.md`)));
});

it("what a translation lacks or has too much is found", () => {
  expect(parts(compileMessage("{n, plural, one {# of <0>{name}</0>} other {# of <0>{name}</0>}}"))).toEqual(["</0>", "<0>", "{n plural}", "{name}"]);
  expect(parts(compileMessage("{0} of {name}"))).not.toEqual(parts(compileMessage("{0} von {nam}")));
  expect(wrongForms(compileMessage("{n, plural, few {a} other {b}}"), "de")).toEqual(["few", "one"]);
  expect(missing({ Save: "" }, { Save: "Save" })).toEqual(["Save"]);
});
