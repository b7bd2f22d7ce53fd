import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Select } from "@mantine/core";
import { answered, client } from "@stationmaster/api";
import { useState } from "react";
import { Download } from "../../money/download";
import { lastMonths, monthWord } from "../../money/months";
import thing from "../../thing.module.css";

const MONTHS = 24;

/** What went through the wallet in a month, to be saved. */
export function Statement({ customer }: { customer: string }) {
  const months = lastMonths(MONTHS);
  const [month, setMonth] = useState(months[0] ?? "");
  const params = { path: { customer_id: customer, month } };
  const name = `statement-${customer}-${month}`;
  return (
    <div className={thing.spread}>
      <span className="dim">
        <Trans>Statement of</Trans>
      </span>
      <div className={thing.buttons}>
        <Select
          size="xs" aria-label={t`Month of the statement`} value={month} onChange={(next) => { setMonth(next ?? month); }} allowDeselect={false}
          data={months.map((value) => ({ value, label: monthWord(value) }))}
        />
        <Download label={t`Statement of ${monthWord(month)} as PDF`} name={`${name}.pdf`} fetch={() => answered(client.GET("/api/v1/customers/{customer_id}/statements/{month}/pdf", { params, parseAs: "blob" }))}>
          {t`PDF`}
        </Download>
        <Download label={t`Statement of ${monthWord(month)} as CSV`} name={`${name}.csv`} fetch={() => answered(client.GET("/api/v1/customers/{customer_id}/statements/{month}/csv", { params, parseAs: "blob" }))}>
          {t`CSV`}
        </Download>
      </div>
    </div>
  );
}
