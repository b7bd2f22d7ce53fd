import { t } from "@lingui/core/macro";
import type { Tariff, TariffTerms } from "@stationmaster/api";
import { At, tableCss, type Column } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import { prices, priceWord, tariffWord, taxWord } from "./words";

/** Tariffs as rows; the whole row opens one, unless it was removed. Ids are those the server sorts by. */
export function tariffColumns(removed: boolean): Column<Tariff>[] {
  const open = (one: Tariff) => (
    <Link to="/tariffs/$id" params={{ id: one.id }} className={`${tableCss.rowLink} hostile`}>
      {one.name}
    </Link>
  );
  return [
    { id: "name", head: t`Tariff`, value: (one) => one.name, ...(!removed && { cell: open }) },
    ...priceColumns(),
    { id: "where", head: t`Holds`, value: (one) => (one.status === "inactive" ? tariffWord(one.status) : one.standard ? t`Wherever no other does` : t`Where it is named`) },
    { id: "since", head: t`Price since`, card: "hidden", extra: true, value: (one) => one.valid_from, cell: (one) => <At at={one.valid_from} /> },
    { id: "id", head: t`Id`, extra: true, value: (one) => one.id },
    { id: "created", head: t`Added`, card: "hidden", value: (one) => one.created_at, cell: (one) => <At at={one.created_at} /> },
  ];
}

/** The prices a tariff has had, as rows. */
export function termsColumns(): Column<TariffTerms>[] {
  return [
    { id: "from", head: t`In force from`, value: (one) => one.valid_from, cell: (one) => <At at={one.valid_from} /> },
    ...priceColumns(),
    { id: "by", head: t`By`, value: (one) => one.made_by },
  ];
}

function priceColumns(): Column<Tariff | TariffTerms>[] {
  return [
    { id: "price", head: t`Price`, value: priceWord, cell: (one) => <Prices of={one} /> },
    { id: "tax", head: t`Tax`, value: taxWord, cell: (one) => <span className="num">{taxWord(one)}</span> },
  ];
}

/** Breaks between prices, never within one. */
function Prices({ of }: { of: Tariff | TariffTerms }) {
  return prices(of).map((price, index) => (
    <Fragment key={price}>
      {index > 0 && " + "}
      <span className="num">{price}</span>
    </Fragment>
  ));
}
