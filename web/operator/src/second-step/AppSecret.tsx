import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { AuthenticatorApp } from "@stationmaster/api";
import { Copyable } from "@stationmaster/ui";
import { lazy, Suspense } from "react";
import css from "./SecondStep.module.css";

// Few ever see one, and most of those once.
const QrCode = lazy(() => import("./QrCode"));

/** What an authenticator app is given: by its camera, by a click on the phone itself, or typed. */
export function AppSecret({ app }: { app: AuthenticatorApp }) {
  return (
    <div className={css.app}>
      <div className={css.code}>
        <Suspense>
          <QrCode text={app.uri} label={t`The key as a QR code`} />
        </Suspense>
      </div>
      <p className="small dim">
        <Trans>
          Scan this with the app, <a href={app.uri}>open the app on this device</a>, or type the key:
        </Trans>
      </p>
      <Copyable value={app.secret} label={t`Copy key`} testid="app-secret" />
    </div>
  );
}
