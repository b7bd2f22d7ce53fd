import { t } from "@lingui/core/macro";
import { useCallback } from "react";
import { useChosen } from "../../lists";
import { ImportButton } from "../../imports/ImportButton";
import { ManagedPage } from "../../managed/ManagedPage";
import thing from "../../thing.module.css";
import { Typed } from "../../Typed";
import { useMay } from "../../user";
import { CustomerSelect } from "../customers/CustomerSelect";
import { BlockButton } from "./BlockButton";
import { BulkBlock } from "./BulkBlock";
import { CardForm } from "./CardForm";
import { cardColumns } from "./columns";
import { CARD_STATES, cards, type Card } from "./resource";
import { cardWords } from "./words";

/** Cards: what drivers hold to a charger. The API calls them tokens. */
export function CardsPage() {
  const people = useMay("view_customers");
  const [group, chooseGroup] = useChosen("group");
  const [customer, chooseCustomer] = useChosen("customer");
  const columns = useCallback(() => cardColumns({ people }), [people]);
  return (
    <ManagedPage
      resource={cards}
      testid="card"
      others={<ImportButton kind="tokens" />}
      columns={columns}
      states={CARD_STATES.map((value) => ({ value, label: cardWords(value).word }))}
      of={{ group, customer }}
      filtered={group !== undefined || customer !== undefined}
      filters={
        <>
          {people && (
            <CustomerSelect className={thing.filter ?? ""} aria-label={t`Customer`} placeholder={t`Any customer`} value={customer ?? null} onChange={chooseCustomer} />
          )}
          <Typed label={t`Group`} value={group ?? ""} onChange={(value) => { chooseGroup(value || null); }} />
        </>
      }
      buttons={blockButton}
      bulk={(chosen) => <BulkBlock chosen={chosen} />}
      form={(props) => <CardForm {...props} />}
      words={{ ...cardManaged(), title: t`Cards`, search: t`Search number, label, group…`, none: t`No cards yet` }}
    />
  );
}

export function blockButton(card: Card) {
  return <BlockButton card={card} />;
}

/** What is said of cards wherever they are managed. */
export function cardManaged() {
  return {
    add: t`Add card`,
    addTitle: t`Add a card`,
    editTitle: t`Edit this card`,
    noMatch: t`No card matches`,
    noneAbout: t`A card lets a driver start a charger. Add the number that is printed on it, or that a charger shows when it is read.`,
    removeTitle: t`Remove this card?`,
    removeAbout: (name: string) => t`${name} can no longer start a charger, until it is restored. Its past sessions are kept.`,
  };
}
