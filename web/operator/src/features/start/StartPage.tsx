import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { Badge, PageHead, Problem, Waiting } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import { useFocus } from "../../live/useFocus";
import css from "./Start.module.css";
import { useFirstSteps } from "./steps";

/** From nothing to the first session that has a price: each step ticks itself off by what there is. */
export function StartPage() {
  useFocus(null);
  const { steps, next, error, retry } = useFirstSteps();
  if (error) return <Problem error={error} retry={retry} />;
  if (!steps) return <Waiting />;
  return (
    <>
      <PageHead title={t`First steps`} />
      <p className="dim">
        {next ? <Trans>Five steps to a first session with a price. Each ticks itself off, also when somebody else does it.</Trans> : <Trans>All is set up: cards charge, and every session has its price.</Trans>}
      </p>
      <ol className={css.steps}>
        {steps.map((step) => (
          <li key={step.id} className={`${css.step} card`} aria-current={step === next ? "step" : undefined} data-testid={`step-${step.id}`} data-done={step.done}>
            <div className={css.head}>
              <h2>{step.title}</h2>
              {step.done ? <Badge tone="done" plain>{t`Done`}</Badge> : step === next && <Badge tone="charging" plain>{t`Next`}</Badge>}
            </div>
            <p className="dim">{step.about}</p>
            {step === next ? <Button component={Link} to={step.to} size="sm">{step.action}</Button> : <Link to={step.to}>{step.action}</Link>}
          </li>
        ))}
      </ol>
    </>
  );
}
