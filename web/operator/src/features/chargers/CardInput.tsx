import { t } from "@lingui/core/macro";
import { Autocomplete, type AutocompleteProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useList } from "../../lists";
import { listQuery } from "../../managed/resource";
import { cards } from "../cards/resource";

interface Props extends AutocompleteProps {
  opened: boolean;
  value?: string;
}

/** A card, chosen from those that may charge, however many, or typed. They are fetched when the dialog is opened. */
export function CardInput({ opened, ...props }: Props) {
  const [typed] = useDebouncedValue(props.value?.trim().slice(0, 100) ?? "", 250);
  const { rows } = useList({ ...listQuery(cards, { search: typed || undefined, state: "accepted" }), enabled: opened });
  const labels = new Map(rows.map((card) => [card.uid, card.label ?? card.customer_name]));
  return (
    <Autocomplete
      placeholder={t`Choose or type a card number`}
      required
      data={[...labels.keys()]}
      filter={({ options }) => options}
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
