import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import css from "./Start.module.css";
import { useFirstSteps } from "./steps";

/** On the first page, until a session has had a price: what is the next thing to do. */
export function FirstSteps() {
  const { steps, next } = useFirstSteps();
  if (!steps || !next) return null;
  const done = steps.filter((step) => step.done).length;
  const all = steps.length;
  return (
    <section className={`${css.next} card`} aria-label={t`First steps`} data-testid="first-steps">
      <p className="dim small">
        <Trans>First steps: {done} of {all} are done</Trans>
      </p>
      <h2>{next.title}</h2>
      <p className="dim">{next.about}</p>
      <div className={css.actions}>
        <Button component={Link} to={next.to}>{next.action}</Button>
        <Link to="/start"><Trans>All first steps, from the site to the first bill</Trans></Link>
      </div>
    </section>
  );
}
