import { Trans } from "@lingui/react/macro";
import type { Overview } from "@stationmaster/api";
import { Ago, Badge, Glyph } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import figures from "../../figures/Figures.module.css";
import css from "./Home.module.css";
import { needWords } from "./needs";

/** What waits for a person; each leads to its list. */
export function Needs({ needs, q }: { needs: Overview["needs"]; q: string | undefined }) {
  return (
    <section className={figures.part} aria-labelledby="needs">
      <h2 id="needs">
        <Trans>What needs you</Trans>
      </h2>
      <div className="card" data-testid="needs">
        {needs.length === 0 ? (
          <p className={css.calm}>
            <Badge tone="good" plain>
              <Trans>Nothing waits for you.</Trans>
            </Badge>
          </p>
        ) : (
          <ul className={css.needs}>
            {needs.map((need) => {
              const { words, tone, link } = needWords(need, q);
              return (
                <li key={need.kind}>
                  <Glyph tone={tone} />
                  {link ? <Link {...link}>{words}</Link> : <span>{words}</span>}
                  {need.since !== null && (
                    <span className="dim small">
                      <Trans>since</Trans> <Ago at={need.since} />
                    </span>
                  )}
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </section>
  );
}
