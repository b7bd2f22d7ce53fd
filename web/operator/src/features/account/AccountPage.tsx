import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { logout, logoutEverywhere, waysIn } from "@stationmaster/api";
import { Confirm, Facts, PageHead } from "@stationmaster/ui";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FormModal } from "../../FormModal";
import { useAway } from "../../live/useAway";
import { useFocus } from "../../live/useFocus";
import { roleWord } from "../../roles";
import thing from "../../thing.module.css";
import { isDriver, Only, useUser } from "../../user";
import { ChangeAddress } from "./ChangeAddress";
import { ChangePassword } from "./ChangePassword";
import { Logins } from "./Logins";
import { Profile } from "./Profile";
import { PushDevices } from "./PushDevices";
import { SecondStepPanel } from "./SecondStepPanel";

/** Whoever is signed in: who they are, and how they come in. */
export function AccountPage() {
  useFocus(null);
  const driver = isDriver(useUser());
  return (
    <>
      <PageHead title={t`My account`} />
      <div className={thing.columns}>
        <div className={thing.beside}>
          <Profile />
          <About />
          <SigningIn />
          <SecondStepPanel />
          <Logins />
          {!driver && <PushDevices about={t`Alerts that are mailed to you come to these devices as well.`} />}
        </div>
      </div>
    </>
  );
}

/** What is for others to change. */
function About() {
  const { email, role, organization, sites } = useUser();
  return (
    <section className={`${thing.panel} card`} aria-label={t`What I may do`}>
      <h2>
        <Trans>What I may do</Trans>
      </h2>
      <Facts
        items={[
          [t`Signed in as`, <span key="e" className="hostile">{email}</span>],
          [t`Organization`, <span key="o" className="hostile">{organization}</span>],
          [t`Role`, roleWord(role ?? "")],
          [t`Sites`, <span key="s" className="hostile">{sites === null ? t`all` : sites.join(", ")}</span>],
        ]}
      />
      <Only may="manage_keys">
        <p className="small">
          <Link to="/api-keys">
            <Trans>API keys, for programs</Trans>
          </Link>
        </p>
      </Only>
    </section>
  );
}

function SigningIn() {
  const [changing, change] = useDisclosure(false);
  const [moving, move] = useDisclosure(false);
  const [leaving, leave] = useDisclosure(false);
  const { data: ways } = useQuery({ queryKey: ["setup"], queryFn: waysIn });
  const away = useAway() !== null;
  return (
    <section className={`${thing.panel} card`} aria-label={t`Password`}>
      <h2>
        <Trans>Password</Trans>
      </h2>
      <p className="dim">
        <Trans>Another password signs you out everywhere else. When a device of yours is lost, sign out everywhere.</Trans>
      </p>
      <div className={thing.buttons}>
        <Button variant="default" onClick={change.open} disabled={away} data-testid="change-password">
          <Trans>Change password</Trans>
        </Button>
        {ways?.mail && (
          <Button variant="default" onClick={move.open} disabled={away}>
            <Trans>Change e-mail</Trans>
          </Button>
        )}
        <Button variant="subtle" color="gray" onClick={() => void logout()}>
          <Trans>Sign out</Trans>
        </Button>
        <Button variant="subtle" color="gray" onClick={leave.open} disabled={away} data-testid="logout-everywhere">
          <Trans>Sign out everywhere…</Trans>
        </Button>
      </div>
      <Confirm opened={leaving} onClose={leave.close} title={t`Sign out everywhere?`} action={t`Sign out everywhere`} run={logoutEverywhere}>
        <p>
          <Trans>Every device on which you are signed in is out, this one as well. API keys go on.</Trans>
        </p>
      </Confirm>
      <FormModal opened={changing} onClose={change.close} title={t`Change my password`}>
        <ChangePassword onDone={change.close} />
      </FormModal>
      <FormModal opened={moving} onClose={move.close} title={t`Change my e-mail address`}>
        <ChangeAddress onDone={move.close} />
      </FormModal>
    </section>
  );
}
