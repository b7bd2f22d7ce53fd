import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { answered, client, type Site } from "@stationmaster/api";
import { notify, save } from "@stationmaster/ui";
import { useMutation } from "@tanstack/react-query";
import thing from "../../thing.module.css";

/** The codes of all chargers of a site, to be printed and stuck on. */
export function QrSheet({ site }: { site: Site }) {
  const sheet = useMutation({
    mutationFn: () => answered(client.GET("/api/v1/sites/{site_id}/qr-sheet", { params: { path: { site_id: site.id } }, parseAs: "blob" })),
    onSuccess: (file) => { save(`${site.name}.pdf`, file as unknown as Blob); },
    onError: notify.failed,
  });
  return (
    <section className={`${thing.panel} card`} aria-label={t`Paying at the charger`}>
      <h2>
        <Trans>Paying at the charger</Trans>
      </h2>
      <p className="dim">
        <Trans>Whoever scans the code on a charger pays without an account.</Trans>
      </p>
      <div>
        <Button variant="default" size="sm" loading={sheet.isPending} onClick={() => { sheet.mutate(); }}>
          <Trans>Codes to print (PDF)</Trans>
        </Button>
      </div>
    </section>
  );
}
