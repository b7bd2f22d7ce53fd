import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { answered, client, ifMatch, tagged, type Customer } from "@stationmaster/api";
import { Form, needed, notify, useSentForm } from "@stationmaster/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { FormModal } from "../../FormModal";
import { useAway } from "../../live/useAway";
import { ManagedPart } from "../../managed/ManagedPage";
import { oneQuery, refresh } from "../../managed/resource";
import { RowButton } from "../../managed/RowButton";
import { ThingSelect } from "../../managed/ThingSelect";
import { Only } from "../../user";
import { CardForm } from "../cards/CardForm";
import { blockButton, cardManaged } from "../cards/CardsPage";
import { cardColumns } from "../cards/columns";
import { CARD_STATES, cards, named, type Card } from "../cards/resource";
import { cardWords } from "../cards/words";

/** The cards of a customer: new ones, and those that are there already and become theirs. */
export function CustomerCards({ customer }: { customer: Customer }) {
  const [assigning, assign] = useDisclosure(false);
  const away = useAway() !== null;
  return (
    <ManagedPart
      resource={cards}
      testid="card"
      columns={ownColumns}
      of={{ customer: customer.id }}
      states={CARD_STATES.map((value) => ({ value, label: cardWords(value).word }))}
      buttons={buttons}
      others={
        <Only may="operate">
          <Button size="xs" variant="default" onClick={assign.open} disabled={away} data-testid="assign-card">
            <Trans>Give a card…</Trans>
          </Button>
          <FormModal opened={assigning} onClose={assign.close} title={t`Give a card that is there already`}>
            <Assign customer={customer} onDone={assign.close} />
          </FormModal>
        </Only>
      }
      form={(props) => <CardForm customer={customer.id} {...props} />}
      words={{ ...cardManaged(), title: t`Cards`, none: t`No cards`, noneAbout: t`With a card of theirs, sessions at a charger are this customer’s.` }}
    />
  );
}

function ownColumns() {
  return cardColumns({ people: false });
}

function buttons(card: Card) {
  return (
    <>
      <TakeButton card={card} />
      {blockButton(card)}
    </>
  );
}

/** The card stays, and is nobody's. */
function TakeButton({ card: { id, uid } }: { card: Card }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: () => answered(client.PATCH("/api/v1/tokens/{uid}", { params: named(id), body: { customer: null } })),
    onSuccess: () => { notify.done(t`The card ${uid} is nobody’s now`); },
    onError: notify.failed,
    onSettled: () => refresh(queries, cards),
  });
  return <RowButton label={t`Take back ${uid}`} busy={change.isPending} run={() => { change.mutate(); }}>{t`Take back`}</RowButton>;
}

function Assign({ customer, onDone }: { customer: Customer; onDone: () => void }) {
  const queries = useQueryClient();
  const form = useSentForm({
    initial: { card: "" },
    schema: v.object({ card: needed(300) }),
    conflict: "card",
    submit: async ({ card }) => {
      const { tag } = await tagged(cards.get(card));
      const given = await answered(client.PATCH("/api/v1/tokens/{uid}", { params: { ...named(card), header: ifMatch(tag) }, body: { customer: customer.id } }));
      await refresh(queries, cards);
      notify.done(t`The card ${given.uid} is now a card of ${customer.name}`);
      onDone();
    },
  });
  const { value, onChange, ...props } = form.fields.getInputProps("card") as { value: string; onChange: (value: string) => void };
  const chosen = useQuery({ ...oneQuery(cards, value), enabled: value !== "" });
  const owner = chosen.data?.value.customer_name;
  return (
    <Form form={form} action={t`Give`} testid="assign-submit">
      <ThingSelect
        resource={cards} label={t`Card`} placeholder={t`Search number or label`} required data-autofocus data-testid="assign-uid"
        detail={(card) => [card.label, card.customer_name].filter(Boolean).join(", ")}
        value={value || null} onChange={(id) => { onChange(id ?? ""); }} {...props}
      />
      {owner && (
        <Text size="sm" className="hostile">
          <Trans>So far it is a card of {owner}, who keeps the sessions of until now.</Trans>
        </Text>
      )}
    </Form>
  );
}
