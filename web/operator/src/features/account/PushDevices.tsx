import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import type { PushDevice } from "@stationmaster/api";
import { Ago, Badge, Note, notify, Problem, Waiting } from "@stationmaster/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useAway } from "../../live/useAway";
import { SavedSwitch } from "../../SavedSwitch";
import thing from "../../thing.module.css";
import { browserWords } from "./browser";
import css from "./Logins.module.css";
import { devicesQuery, hindrance, remove, switchOn, test, type Hindrance } from "./push";

/** Where one is told things while no page is open, and a switch for the device that one looks at. */
export function PushDevices({ about }: { about: string }) {
  const { data, error, refetch } = useQuery(devicesQuery());
  if (data && !data.offered) return null; // this server sends to no devices
  return (
    <section className={`${thing.panel} card`} aria-label={t`Messages on my devices`} data-testid="push-devices">
      <h2>
        <Trans>Messages on my devices</Trans>
      </h2>
      <p className="dim">{about}</p>
      {error && !data ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Waiting />
      ) : (
        <>
          <Here on={data.here} publicKey={data.key} />
          {data.items.length > 0 && (
            <ul className={css.list}>
              {data.items.map((device) => (
                <OneDevice key={device.id} device={device} here={device.id === data.here} />
              ))}
            </ul>
          )}
        </>
      )}
    </section>
  );
}

function useChanged() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: devicesQuery().queryKey });
}

/** The switch, or why there is none. */
function Here({ on, publicKey }: { on: string | null; publicKey: string }) {
  const changed = useChanged();
  const turn = async (wanted: boolean) => {
    try {
      if (!wanted && on !== null) await remove(on);
      if (wanted && !(await switchOn(publicKey))) throw new Error(t`The browser was not allowed to show messages`);
    } catch (error) {
      throw new Error(failureWords(error));
    } finally {
      await changed();
    }
  };
  const hindered = hindrance();
  if (hindered !== null) return <Note tone="busy">{hindranceWords(hindered)}</Note>;
  return <SavedSwitch label={t`On this device`} description={t`Also while this page is closed`} on={on !== null} save={turn} data-testid="push-here" />;
}

function hindranceWords(why: Hindrance): string {
  switch (why) {
    case "insecure":
      return t`This page is not reached over https, so the browser shows no messages.`;
    case "home-screen":
      return t`On an iPhone or iPad, put this page on the home screen first: tap Share, then “Add to Home Screen”. Open it from there, and switch messages on.`;
    case "unsupported":
      return t`This browser cannot show messages while the page is closed. Try another one.`;
    case "refused":
      return t`Messages from this page are blocked in the browser. Allow them in its settings for this site, then open this page again.`;
  }
}

/** What the server says is a sentence; a browser says only that its push service, at its maker, was not reached. */
function failureWords(error: unknown): string {
  return error instanceof Error && !(error instanceof DOMException) ? error.message : t`The browser could not switch messages on. Try again later.`;
}

function OneDevice({ device, here }: { device: PushDevice; here: boolean }) {
  const changed = useChanged();
  const away = useAway() !== null;
  const browser = browserWords(device.browser);
  const removal = useMutation({
    mutationFn: () => remove(device.id),
    onSuccess: () => { notify.done(t`${browser} gets no more messages`); },
    onError: (error) => { notify.failed(error); },
    onSettled: changed,
  });
  const trial = useMutation({
    mutationFn: () => test(device.id),
    onSuccess: ({ ok, gone, why: told }) => {
      const why = told ?? "";
      if (ok) notify.done(t`A test message is on its way to ${browser}`);
      else notify.failed(new Error(gone ? t`${browser} cannot be reached any more, and was removed` : t`${browser} was not reached: ${why}`));
    },
    onError: (error) => { notify.failed(error); },
    onSettled: changed,
  });
  return (
    <li className={css.login} data-testid="push-device">
      <div className={css.what}>
        <span className="hostile" title={device.browser ?? undefined}>{browser}</span>
        <span className="dim small">
          {device.told_at === null ? (
            <Trans>since <Ago at={device.created_at} />, no message yet</Trans>
          ) : (
            <Trans>since <Ago at={device.created_at} />, last message <Ago at={device.told_at} /></Trans>
          )}
        </span>
        {device.why !== null && <span className="dim small hostile">{device.why}</span>}
      </div>
      <Button variant="subtle" size="compact-sm" onClick={() => { trial.mutate(); }} disabled={away || trial.isPending} aria-label={t`Send a test message to ${browser}`} data-testid="push-test">
        <Trans>Send a test message</Trans>
      </Button>
      {here ? (
        <Badge tone="good">{t`Here`}</Badge>
      ) : (
        <Button variant="subtle" color="gray" size="compact-sm" onClick={() => { removal.mutate(); }} disabled={away || removal.isPending} aria-label={t`Remove ${browser}`}>
          <Trans>Remove</Trans>
        </Button>
      )}
    </li>
  );
}
