import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { answered, client, type OwnLogin } from "@stationmaster/api";
import { Ago, Badge, Confirm, notify, Problem, Waiting } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useAway } from "../../live/useAway";
import thing from "../../thing.module.css";
import { browserWords } from "./browser";
import css from "./Logins.module.css";

/** Where whoever is signed in is signed in as well: a device that was lost is signed out here. */
export function Logins() {
  const queries = useQueryClient();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["logins"],
    queryFn: ({ signal }) => answered(client.GET("/api/v1/auth/logins", { signal })),
  });
  const [ending, { open, close }] = useDisclosure(false);
  const away = useAway() !== null;
  const refresh = () => queries.invalidateQueries({ queryKey: ["logins"] });
  const endOthers = async () => {
    await answered(client.POST("/api/v1/auth/logout-elsewhere"));
    await refresh();
    notify.done(t`You are signed in here only`);
  };
  const logins = data?.items ?? [];
  return (
    <section className={`${thing.panel} card`} aria-label={t`Where I am signed in`}>
      <h2>
        <Trans>Where I am signed in</Trans>
      </h2>
      {error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : isPending ? (
        <Waiting />
      ) : (
        <ul className={css.list}>
          {logins.map((login) => (
            <OneLogin key={login.id} login={login} onEnded={refresh} />
          ))}
        </ul>
      )}
      {logins.length > 1 && (
        <div className={thing.buttons}>
          <Button variant="default" onClick={open} disabled={away} data-testid="logout-elsewhere">
            <Trans>Sign out everywhere else…</Trans>
          </Button>
        </div>
      )}
      <Confirm opened={ending} onClose={close} title={t`Sign out everywhere else?`} action={t`Sign out everywhere else`} run={endOthers}>
        <p>
          <Trans>Every other device on which you are signed in is out. API keys go on.</Trans>
        </p>
      </Confirm>
    </section>
  );
}

function OneLogin({ login, onEnded }: { login: OwnLogin; onEnded: () => Promise<void> }) {
  const [ending, { open, close }] = useDisclosure(false);
  const away = useAway() !== null;
  const browser = browserWords(login.browser);
  const end = async () => {
    await answered(client.DELETE("/api/v1/auth/logins/{login_id}", { params: { path: { login_id: login.id } } }));
    await onEnded();
    notify.done(t`${browser} is signed out`);
  };
  return (
    <li className={css.login} data-testid="own-login">
      <div className={css.what}>
        <span className="hostile" title={login.browser ?? undefined}>{browser}</span>
        <span className="dim small">
          {login.source && <span className="mono">{login.source} · </span>}
          <Trans>
            since <Ago at={login.began_at} />, last used <Ago at={login.used_at} />
          </Trans>
        </span>
      </div>
      {login.current ? (
        <Badge tone="good">{t`Here`}</Badge>
      ) : (
        <Button variant="subtle" color="gray" size="compact-sm" onClick={open} disabled={away} aria-label={t`Sign out ${browser}`} data-testid="end-login">
          <Trans>Sign out</Trans>
        </Button>
      )}
      <Confirm opened={ending} onClose={close} title={t`Sign out ${browser}?`} action={t`Sign out`} run={end}>
        <p>
          <Trans>Whoever uses it has to sign in again.</Trans>
        </p>
      </Confirm>
    </li>
  );
}
