import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";
import { chooseLanguage, LANGUAGES, type Language } from "@stationmaster/ui/language";

/** The page speaks as the phone does; whoever reads another language better takes that one. */
export function LanguageSwitch() {
  return (
    <select className="language" aria-label={t`Language`} value={i18n.locale} onChange={(event) => { chooseLanguage(event.currentTarget.value as Language); }}>
      {LANGUAGES.map(([language, name]) => (
        <option key={language} value={language} lang={language}>{name}</option>
      ))}
    </select>
  );
}
