import { t } from "@lingui/core/macro";
import { answered, client } from "@stationmaster/api";
import { notify } from "@stationmaster/ui";

export type Act = "acknowledge" | "resolve";

/** Looks after an alert, or says that it is over. */
export async function act(what: Act, alert_id: string, note: string | null = null): Promise<void> {
  const asked = { params: { path: { alert_id } }, body: { note } };
  if (what === "acknowledge") await answered(client.POST("/api/v1/alerts/{alert_id}/acknowledge", asked));
  else await answered(client.POST("/api/v1/alerts/{alert_id}/resolve", asked));
  notify.done(what === "acknowledge" ? t`You look after it: nobody else is told` : t`It is over`);
}

/** What is fetched anew then. */
export const SHOWN: readonly string[][] = [["alerts"], ["overview"]];
