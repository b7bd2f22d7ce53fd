import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { Ago, Problem } from "@stationmaster/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, client } from "@stationmaster/api";
import { deviationsQuery } from "../../queries";
import { SavedSwitch } from "../../SavedSwitch";
import { Only } from "../../user";
import { AutoStart } from "./AutoStart";
import { CommandExceptions } from "./CommandExceptions";
import css from "./Story.module.css";

/** What the charger does otherwise than its version's specification, and what we do about it. */
export function Deviations({ station }: { station: string }) {
  const { data, error, refetch } = useQuery(deviationsQuery(station));
  const queries = useQueryClient();
  const change = async (strict: boolean) => {
    await answered(client.PATCH("/api/v1/stations/{station_id}", { params: { path: { station_id: station } }, body: { strict } }));
    await queries.invalidateQueries({ queryKey: ["deviations", station] });
  };
  return (
    <section className={`${css.panel} card`} aria-label={t`What it does wrong`} data-testid="deviations">
      <h2>
        <Trans>What it does wrong, and what we do about it</Trans>
      </h2>
      <Problem error={error} retry={() => void refetch()} />
      {data && (
        <>
          <Only may="administer">
            <SavedSwitch
              label={t`Hold it strictly (for certification): nothing is repaired, every deviation is answered with an error`} on={data.strict} save={change} data-testid="hold-strictly"
            />
          </Only>
          {data.items.length === 0 && (
            <p className="dim">
              <Trans>Nothing: all it has said was as its OCPP version wants it.</Trans>
            </p>
          )}
          <ul className={css.lines}>
            {data.items.map((item) => (
              <li key={item.rule} className={css.plain}>
                <div className="hostile">
                  <strong>{item.wrong}</strong> {item.done}
                  <div className="dim small">
                    {item.repaired > 0 && <Plural value={item.repaired} one="repaired once" other="repaired # times" />}
                    {item.repaired > 0 && item.refused > 0 && " · "}
                    {item.refused > 0 && <Plural value={item.refused} one="answered with an error once" other="answered with an error # times" />}
                    {" · "}
                    <Trans>
                      last <Ago at={item.last_at} />
                    </Trans>{" "}
                    <span className="mono">{item.example}</span>
                  </div>
                </div>
              </li>
            ))}
          </ul>
          <AutoStart station={station} data={data} />
          <CommandExceptions station={station} data={data} />
        </>
      )}
    </section>
  );
}
