import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Menu, NativeSelect } from "@mantine/core";
import { answered, client } from "@stationmaster/api";
import { chooseLanguage, Icon, LANGUAGES, notify, type Language } from "@stationmaster/ui";

/** Keeps the language with the account, so that it is there in every browser, and speaks it. */
export async function speakMine(language: Language): Promise<void> {
  await answered(client.PATCH("/api/v1/auth/me", { body: { language } }));
  chooseLanguage(language);
}

/** In the menu of who is signed in. */
export function LanguageMenu() {
  const speak = (language: Language) => {
    speakMine(language).catch((error: unknown) => { notify.failed(error); });
  };
  return (
    <>
      <Menu.Label>
        <Trans>Language</Trans>
      </Menu.Label>
      {LANGUAGES.map(([language, name]) => (
        <Menu.Item
          key={language} lang={language} leftSection={<Icon name="language" />} onClick={() => { speak(language); }}
          rightSection={language === i18n.locale ? <Icon name="check" size={16} /> : null}
        >
          {name}
        </Menu.Item>
      ))}
      <Menu.Divider />
    </>
  );
}

/** On a page of one's own. */
export function LanguageField() {
  return (
    <NativeSelect
      label={t`Language`} value={i18n.locale} data={LANGUAGES.map(([value, label]) => ({ value, label }))} data-testid="language"
      onChange={(event) => { speakMine(event.currentTarget.value as Language).catch((error: unknown) => { notify.failed(error); }); }}
    />
  );
}
