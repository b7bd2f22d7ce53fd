import { t } from "@lingui/core/macro";
import { answered, client, type Invoice } from "@stationmaster/api";
import { Download } from "./download";

/** The paper, to be saved. */
export function InvoicePdf({ invoice: { id, number } }: { invoice: Invoice }) {
  const params = { path: { invoice_id: id } };
  return (
    <Download label={t`PDF of ${number}`} name={`${number.replaceAll("/", "-")}.pdf`} fetch={() => answered(client.GET("/api/v1/invoices/{invoice_id}/pdf", { params, parseAs: "blob" }))}>
      {t`PDF`}
    </Download>
  );
}
