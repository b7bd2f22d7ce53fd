import { t } from "@lingui/core/macro";
import type { PayTariff } from "@stationmaster/api";
import { componentWord, limitWords, whenWords } from "./elementWords";
import { structureOf } from "./structures";

/** What charging costs, by when: a driver reads the times that price something else than all day. */
export function priceLines(tariff: PayTariff): { when: string | null; prices: string[] }[] {
  const structure = structureOf(tariff);
  const elements = structure.elements.filter(({ restrictions }) => !restrictions?.reservation);
  const lines: { when: string | null; prices: string[] }[] = elements.map(({ price_components: components, restrictions }) => {
    const when = whenWords(restrictions ?? {});
    const always = Object.keys(restrictions ?? {}).length === 0;
    return { when: elements.length === 1 && always ? null : always ? t`At all other times` : when, prices: components.map((one) => componentWord(one, tariff.currency)) };
  });
  const limits = limitWords(structure, tariff.currency);
  return limits.length > 0 ? [...lines, { when: null, prices: limits }] : lines;
}
