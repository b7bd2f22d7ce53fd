import { plural, t } from "@lingui/core/macro";
import { answered, client, type Webhook } from "@stationmaster/api";
import { Form, moment, MomentField, notify, Pair, useSentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";

/** Tells a program again what happened in a time: one that was down, or forgot. */
export function TellAgain({ webhook, onDone }: { webhook: Webhook; onDone: () => void }) {
  const queries = useQueryClient();
  const form = useSentForm({
    initial: { from_at: "", to_at: "" },
    schema: v.pipe(
      v.object({ from_at: v.pipe(v.string(), v.minLength(1, t`Please fill this in`)), to_at: v.string() }),
      v.forward(
        v.partialCheck([["from_at"], ["to_at"]], ({ from_at, to_at }) => to_at === "" || to_at > from_at, t`It must be later than the beginning`),
        ["to_at"],
      ),
    ),
    conflict: "from_at",
    submit: async ({ from_at, to_at }) => {
      const body = { from_at: moment(from_at) ?? "", to_at: moment(to_at) };
      const { events_in_log: count } = await answered(
        client.POST("/api/v1/webhooks/{webhook_id}/replay", { params: { path: { webhook_id: webhook.id } }, body }),
      );
      await queries.invalidateQueries({ queryKey: ["webhooks"] });
      if (count === 0) notify.done(t`Nothing happened in that time`);
      else notify.done(plural(count, { one: "One event is looked through, and told where it is wanted", other: "# events are looked through, and told where they are wanted" }));
      onDone();
    },
  });
  const { fields } = form;
  return (
    <Form form={form} action={t`Tell again`} testid="tell-again-submit">
      <Pair>
        <MomentField label={t`What happened from`} {...fields.getInputProps("from_at")} />
        <MomentField label={t`Until`} description={t`Empty: until now`} {...fields.getInputProps("to_at")} />
      </Pair>
    </Form>
  );
}
