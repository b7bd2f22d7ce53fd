import { t } from "@lingui/core/macro";
import { Button, Modal, Text, Textarea, TextInput } from "@mantine/core";
import { answered, client, type Session } from "@stationmaster/api";
import { Form, needed, notify, useSentForm } from "@stationmaster/ui";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import * as v from "valibot";
import { useAway } from "../../live/useAway";
import { Only } from "../../user";
import css from "./Sessions.module.css";

type Act = "end" | "correct" | "exclude" | "restore" | "undo";

/** What a person may do to a session, each with a reason that is kept. */
export function ByHand({ session, changed }: { session: Session; changed: boolean }) {
  const [act, setAct] = useState<Act | null>(null);
  const away = useAway() !== null;
  const open = session.status === "active" || session.status === "pending";
  const button = (which: Act, label: string) => (
    <Button size="compact-sm" variant="default" disabled={away} onClick={() => { setAct(which); }}>
      {label}
    </Button>
  );
  return (
    <Only may="correct_sessions">
      <div className={css.byHand}>
        {open && button("end", t`End by hand…`)}
        {!open && button("correct", t`Correct…`)}
        {!open && (session.excluded ? button("restore", t`Count it again…`) : button("exclude", t`Leave it out…`))}
        {changed && button("undo", t`Undo the last change…`)}
      </div>
      <Modal opened={act !== null} onClose={() => { setAct(null); }} title={act ? title(act) : ""} centered>
        {act && <Fields act={act} session={session} onDone={() => { setAct(null); }} />}
      </Modal>
    </Only>
  );
}

function title(act: Act): string {
  const titles: Record<Act, string> = {
    end: t`End this session by hand?`,
    correct: t`Correct this session`,
    exclude: t`Leave this session out?`,
    restore: t`Count this session again?`,
    undo: t`Undo the last change?`,
  };
  return titles[act];
}

function about(act: Act): string {
  const texts: Record<Act, string> = {
    end: t`Nothing is sent to the charger. Without an energy, the last meter reading counts. If the charger still tells its end, that is a correction.`,
    correct: t`The old figures are kept beside the new ones.`,
    exclude: t`It stays here and in exports, marked, and counts nowhere.`,
    restore: t`It counts like any other session again.`,
    undo: t`The session is again as it was before the last change by a person.`,
  };
  return texts[act];
}

/** "7.4" or "7,4" kWh as Wh; null when nothing was entered. */
function wattHours(kwh: string): string | null {
  const text = kwh.trim().replace(",", ".");
  return text === "" ? null : String(Math.round(Number(text) * 1_000_000) / 1000);
}

function Fields({ act, session, onDone }: { act: Act; session: Session; onDone: () => void }) {
  const queries = useQueryClient();
  const figures = act === "end" || act === "correct";
  const form = useSentForm({
    initial: { note: "", energy_wh: act === "correct" && session.energy_wh !== null ? String(session.energy_wh / 1000) : "" },
    schema: v.object({
      note: needed(500),
      energy_wh: v.pipe(v.string(), v.trim(), v.regex(/^(\d+([.,]\d+)?)?$/, t`A number of kWh, such as 7.4`)),
    }),
    submit: async ({ note, energy_wh }) => {
      const params = { path: { session_id: session.id } };
      const body = { note: note.trim(), ...(figures && energy_wh.trim() && { energy_wh: wattHours(energy_wh) }) };
      await answered(
        act === "end"
          ? client.POST("/api/v1/sessions/{session_id}/end", { params, body })
          : act === "correct"
            ? client.POST("/api/v1/sessions/{session_id}/correct", { params, body })
            : act === "exclude"
              ? client.POST("/api/v1/sessions/{session_id}/exclude", { params, body: { note: body.note } })
              : act === "restore"
                ? client.POST("/api/v1/sessions/{session_id}/restore", { params, body: { note: body.note } })
                : client.POST("/api/v1/sessions/{session_id}/undo", { params, body: { note: body.note } }),
      );
      await Promise.all(
        [["session", session.id], ["changes", session.id], ["sessions"], ["status"]].map((queryKey) => queries.invalidateQueries({ queryKey })),
      );
      notify.done(t`Done`);
      onDone();
    },
  });
  return (
    <Form form={form} action={figures ? t`Save` : t`Do it`} testid="by-hand-submit">
      <Text size="sm">{about(act)}</Text>
      {figures && (
        <TextInput
          label={t`Energy in kWh`}
          description={act === "end" ? t`Left empty, the last meter reading counts` : undefined}
          inputMode="decimal"
          data-testid="by-hand-energy"
          {...form.fields.getInputProps("energy_wh")}
        />
      )}
      <Textarea
        label={t`Why`}
        description={t`Kept with the change, for whoever asks later`}
        required
        autosize
        minRows={2}
        data-autofocus
        data-testid="by-hand-note"
        {...form.fields.getInputProps("note")}
      />
    </Form>
  );
}
