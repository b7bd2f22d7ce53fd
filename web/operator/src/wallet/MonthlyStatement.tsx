import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Select } from "@mantine/core";
import { useState } from "react";
import thing from "../thing.module.css";
import { Download } from "../money/download";
import { lastMonths, monthWord } from "../money/months";

const MONTHS = 24;

interface Props {
  /** What the files are saved as, before the month. */
  name: string;
  pdf: (month: string) => Promise<unknown>;
  csv: (month: string) => Promise<unknown>;
}

/** What went through a wallet in a month, to be saved. */
export function MonthlyStatement({ name, pdf, csv }: Props) {
  const months = lastMonths(MONTHS);
  const [month, setMonth] = useState(months[0] ?? "");
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
        <Download label={t`Statement of ${monthWord(month)} as PDF`} name={`${name}-${month}.pdf`} fetch={() => pdf(month)}>
          {t`PDF`}
        </Download>
        <Download label={t`Statement of ${monthWord(month)} as CSV`} name={`${name}-${month}.csv`} fetch={() => csv(month)}>
          {t`CSV`}
        </Download>
      </div>
    </div>
  );
}
