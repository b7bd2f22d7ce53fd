import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { Glyph, Icon, kw, number } from "@stationmaster/ui";
import { Link } from "@tanstack/react-router";
import { memo, useState } from "react";
import { useMay } from "../../user";
import { toneWord } from "../../words";
import { siteWords } from "../sites/words";
import css from "./Map.module.css";
import { isPlaced, type Place } from "./places";

/** As many rows as are drawn at once; nobody reads more without searching. */
const FEW = 100;

/** The sites in words: what the map shows, and those that it cannot. */
export function SiteList({ places, show }: { places: Place[]; show: (id: string) => void }) {
  const [most, setMost] = useState(FEW);
  const nowhere = places.filter((place) => !isPlaced(place));
  const there = places.filter(isPlaced);
  const more = there.length - most;
  return (
    <section className={`${css.list} card`} aria-label={t`Sites`} data-testid="map-list">
      {places.length === 0 && (
        <p className={css.none}>
          <Trans>No site matches</Trans>
        </p>
      )}
      {there.length > 0 && (
        <ul>
          {there.slice(0, most).map((place) => (
            <Row key={place.site.id} place={place} show={show} />
          ))}
        </ul>
      )}
      {more > 0 && (
        <Button variant="subtle" fullWidth onClick={() => { setMost(most + FEW * 5); }}>
          <Plural value={more} one="Show # more" other="Show # more" />
        </Button>
      )}
      {nowhere.length > 0 && (
        <>
          <h2>
            <Plural value={nowhere.length} one="# site has no position" other="# sites have no position" />
          </h2>
          <ul>
            {nowhere.slice(0, most).map((place) => (
              <Row key={place.site.id} place={place} />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

const Row = memo(
  function Row({ place: { site, tone, counts, powerW }, show }: { place: Place; show?: (id: string) => void }) {
    const may = useMay("administer");
    return (
      <li>
        <Glyph tone={tone} />
        <span className={css.who}>
          <Link to="/sites/$id" params={{ id: site.id }} className="hostile">
            {site.name}
          </Link>
          {site.status !== "active" && <span className="dim small">{siteWords(site.status).word}</span>}
          {counts.length === 0 ? (
            <span className="dim small">
              <Trans>No chargers</Trans>
            </span>
          ) : (
            <span className={css.counts}>
              {counts.map(([each, count]) => (
                <span key={each} className={`tone-${each}`}>
                  <Glyph tone={each} size={12} /> {number(count)} {toneWord(each)}
                </span>
              ))}
              {powerW > 0 && <span className="num">{kw(powerW)}</span>}
            </span>
          )}
          {!show && may && (
            <Link to="/sites/$id" params={{ id: site.id }} search={{ edit: "position" }} className="small" aria-label={t`Enter its position: ${site.name}`}>
              <Trans>Enter its position</Trans>
            </Link>
          )}
        </span>
        {show && (
          <button type="button" className={css.show} aria-label={t`Show ${site.name} on the map`} title={t`Show on the map`} onClick={() => { show(site.id); }}>
            <Icon name="pin" size={18} />
          </button>
        )}
      </li>
    );
  },
  (before, after) => before.show === after.show && before.place.site === after.place.site && before.place.powerW === after.place.powerW && told(before.place) === told(after.place),
);

function told({ counts }: Place): string {
  return counts.join();
}
