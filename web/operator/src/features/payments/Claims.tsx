import { t } from "@lingui/core/macro";
import { TextInput } from "@mantine/core";
import { answered, client, type Claim } from "@stationmaster/api";
import { At, DataTable, Form, money, needed, notify, useSentForm, type Column, type TableState } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import * as v from "valibot";
import { FormModal } from "../../FormModal";
import { useList } from "../../lists";
import { RowButton } from "../../managed/RowButton";
import { claimsQuery } from "../../money/queries";
import { useOnce } from "../../money/useOnce";
import { useMay } from "../../user";
import { payerColumn } from "./payerColumn";
import { claimWord } from "./words";

/** What is owed because a payment has failed; nothing where nobody owes anything. */
export function Claims() {
  const list = useList<Claim>(claimsQuery());
  const [state, setState] = useState<TableState>({});
  const [giving, giveUp] = useState<Claim | null>(null);
  const may = useMay("handle_money");
  const columns = useMemo(() => claimColumns(may ? giveUp : null), [may]);
  if (list.rows.length === 0) return null;
  return (
    <>
      <DataTable label={t`Owed to us`} title={t`Owed to us`} columns={columns} rows={list.rows} rowId={(one) => one.id} state={state} onState={setState} pages={list.pages} />
      <FormModal opened={giving !== null} onClose={() => { giveUp(null); }} title={t`Write this off?`}>
        {giving && <WriteOff claim={giving} onDone={() => { giveUp(null); }} />}
      </FormModal>
    </>
  );
}

function claimColumns(giveUp: ((claim: Claim) => void) | null): Column<Claim>[] {
  const acting: Column<Claim> = {
    id: "actions", head: t`Actions`, actions: true, right: true, card: "wide", value: () => null,
    cell: (one) => (giveUp && one.state === "open" ? <RowButton label={t`Write off claim ${one.id}`} run={() => { giveUp(one); }}>{t`Write off…`}</RowButton> : null),
  };
  return [
    { id: "at", head: t`Since`, value: (one) => one.made_at, cell: (one) => <At at={one.made_at} /> },
    payerColumn(),
    {
      id: "why", head: t`Why`, value: (one) => one.reason,
      cell: (one) => (one.session === null ? one.reason : <Link to="/sessions/$id" params={{ id: one.session }}>{one.reason}</Link>),
    },
    { id: "state", head: t`State`, value: (one) => claimWord(one.state) },
    { id: "next", head: t`Tried again`, card: "hidden", value: (one) => one.next_try_at, cell: (one) => (one.next_try_at === null ? "–" : <At at={one.next_try_at} />) },
    { id: "amount", head: t`Amount`, right: true, value: (one) => one.amount, cell: (one) => <span className="num">{money(one.amount, one.currency)}</span> },
    ...(giveUp ? [acting] : []),
  ];
}

function WriteOff({ claim, onDone }: { claim: Claim; onDone: () => void }) {
  const queries = useQueryClient();
  const once = useOnce();
  const form = useSentForm({
    initial: { reason: "" },
    schema: v.object({ reason: needed(200) }),
    submit: async ({ reason }) => {
      const body = { reason: reason.trim() };
      await answered(client.POST("/api/v1/payments/claims/{claim_id}/write-off", { params: { path: { claim_id: claim.id } }, body, headers: once(body) }));
      await queries.invalidateQueries({ queryKey: ["claims"] });
      notify.done(t`Written off`);
      onDone();
    },
  });
  return (
    <Form form={form} action={t`Write off ${money(claim.amount, claim.currency)}`} testid="write-off-submit" colour="red">
      <TextInput label={t`Why`} required data-autofocus {...form.fields.getInputProps("reason")} />
    </Form>
  );
}
