import { t } from "@lingui/core/macro";
import { Autocomplete, type AutocompleteProps } from "@mantine/core";
import type { Token } from "@stationmaster/api";
import { useList } from "../../lists";
import { cardsQuery } from "../../queries";

/** A card, chosen from those that may charge or typed. They are fetched when the dialog is opened. */
export function CardInput({ opened, ...props }: { opened: boolean } & AutocompleteProps) {
  const { rows } = useList<Token>({ ...cardsQuery(), enabled: opened });
  const cards = rows.filter((card) => card.status === "accepted");
  const labels = new Map(cards.map((card) => [card.uid, card.label]));
  return (
    <Autocomplete
      placeholder={t`Choose or type a card number`}
      required
      data={cards.map((card) => card.uid)}
      renderOption={({ option }) => (
        <span className="hostile">
          {option.value} {labels.get(option.value) && <span className="dim">{labels.get(option.value)}</span>}
        </span>
      )}
      limit={50}
      {...props}
    />
  );
}
