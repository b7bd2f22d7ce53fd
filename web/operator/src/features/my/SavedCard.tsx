import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, client, type OwnProfile } from "@stationmaster/api";
import { notify } from "@stationmaster/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useAway } from "../../live/useAway";
import { SavedCardLine } from "../../wallet/SavedCardLine";
import { useOnce } from "../../money/useOnce";
import thing from "../../thing.module.css";
import { BACK_TO, type Paying } from "./Paying";
import { savedCardsQuery } from "./queries";

/** The card with which one pays what one owes: shown, taken away, or saved. */
export function OwnSavedCard({ profile, paying }: { profile: OwnProfile; paying: Paying }) {
  const queries = useQueryClient();
  const away = useAway() !== null;
  const once = useOnce();
  const { data } = useQuery(savedCardsQuery());
  const add = useMutation({
    mutationFn: () => {
      const body = { currency: profile.currency, return_to: BACK_TO };
      return answered(client.POST("/api/v1/me/saved-cards", { body, headers: once([body, data]) }));
    },
    onSuccess: paying.begin,
    onError: notify.failed,
  });
  if (data === undefined) return null;
  const card = data.items[0];
  if (card !== undefined) {
    const remove = async () => {
      await answered(client.DELETE("/api/v1/me/saved-cards"));
      await queries.invalidateQueries({ queryKey: savedCardsQuery().queryKey });
    };
    return <SavedCardLine card={card} about={t`You can save another one at any time. What you owe is then asked for by mail.`} remove={remove} />;
  }
  // Who pays in advance owes nothing as a rule, and saves a card when they pay in.
  if (!profile.can_pay || profile.billing === "prepaid") return null;
  return (
    <div className={thing.spread}>
      <span className="dim">
        <Trans>No card is saved for what you owe.</Trans>
      </span>
      <Button size="xs" variant="default" loading={add.isPending || paying.busy} disabled={away} onClick={() => { add.mutate(); }} data-testid="save-card">
        <Trans>Save a card…</Trans>
      </Button>
    </div>
  );
}
