import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { Price } from "@stationmaster/api";
import { money } from "@stationmaster/ui/format";
import css from "./Bill.module.css";
import { lineAsides, lineName, lineSum, tellingNotes } from "./words";

/** A bill as one reads it in a restaurant: what it is for, how it comes to that, and what is to be paid. */
export function Bill({ bill, zone, label = t`Bill` }: { bill: Price; zone: string; label?: string }) {
  const { currency } = bill;
  const amount = (text: string) => money(text, currency);
  const hasTaxes = bill.taxes.length > 0;
  const taxes = bill.taxes.map((tax) => (
    <tr key={`${tax.name} ${tax.percent}`} className={css.sum}>
      <th scope="row">
        <Trans>
          {tax.name} {tax.percent} % of {amount(tax.base)}
        </Trans>
      </th>
      <td className="num">{amount(tax.amount)}</td>
    </tr>
  ));
  const net = (
    <tr className={css.sum}>
      <th scope="row">
        <Trans>Without tax</Trans>
      </th>
      <td className="num">{amount(bill.net)}</td>
    </tr>
  );
  const roundOff = Number(bill.round_off) !== 0 && (
    <tr className={css.sum}>
      <th scope="row">
        <Trans>Rounding</Trans>
      </th>
      <td className="num">{amount(bill.round_off)}</td>
    </tr>
  );
  const total = (
    <tr className={css.total}>
      <th scope="row">
        <Trans>Total</Trans>
      </th>
      <td className="num">{amount(bill.total)}</td>
    </tr>
  );
  return (
    <>
      <table className={css.bill} aria-label={label}>
        <tbody>
          {bill.lines.map((line, index) => {
            const sum = lineSum(line, currency);
            return (
              <tr key={index}>
                <th scope="row">
                  {lineName(line)}
                  {sum !== null && <span className={css.detail}>{sum}</span>}
                  {lineAsides(line, bill, zone).map((aside) => (
                    <span key={aside} className={css.aside}>{aside}</span>
                  ))}
                </th>
                <td className="num">{amount(line.amount)}</td>
              </tr>
            );
          })}
          {bill.lines.length === 0 && (
            <tr>
              <th scope="row">
                <Trans>Nothing is charged</Trans>
              </th>
              <td className="num">{amount("0")}</td>
            </tr>
          )}
        </tbody>
        <tbody className={css.sums}>
          {bill.tax_included ? (
            <>
              {total}
              {hasTaxes && (
                <>
                  {net}
                  {taxes}
                  {roundOff}
                </>
              )}
            </>
          ) : (
            <>
              {hasTaxes && net}
              {taxes}
              {roundOff}
              {total}
            </>
          )}
        </tbody>
      </table>
      {tellingNotes(bill.notes).map((sentence) => (
        <p key={sentence} className={`${css.note} dim small`}>{sentence}</p>
      ))}
    </>
  );
}
