import type { ReactNode } from "react";
import { Copyable } from "../../components/bits";
import { useChargerUrl } from "./address";
import css from "./Fleet.module.css";

/** What an empty fleet says: how the first charger gets here. */
export function FirstCharger({ button }: { button: ReactNode }) {
  const chargerUrl = useChargerUrl();
  return (
    <section className={`${css.first} card`}>
      <h2>Connect your first charger</h2>
      <p className="dim">Any charger that speaks OCPP 1.6 (JSON) will do. It takes three steps.</p>
      <ol>
        <li>
          <p>Add it here. You choose its id; we make its password.</p>
          {button}
        </li>
        <li>
          <p>In the charger's own settings, enter this address as the OCPP server, with its id at the end, and the password.</p>
          <Copyable value={chargerUrl("<id>")} label="address" />
        </li>
        <li>
          <p>Restart the charger. It appears here by itself.</p>
          <p className="dim small">If it does not, “Can't connect?” in the menu says why.</p>
        </li>
      </ol>
    </section>
  );
}
