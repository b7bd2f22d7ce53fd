import { t } from "@lingui/core/macro";
import { createTheme, Modal, Notification, type CSSVariablesResolver, type MantineColorsTuple, type MantineThemeOverride } from "@mantine/core";

const volt: MantineColorsTuple = [
  "#edf4ff",
  "#d9e6fc",
  "#b1cbf6",
  "#85aef0",
  "#5f95ec",
  "#4785e9",
  "#1b66d6",
  "#1558bd",
  "#104aa0",
  "#0b3b82",
];

/** Mantine's dark greys, moved to the cool ones of styles.css. */
const dark: MantineColorsTuple = [
  "#e7eaee",
  "#c9d0d8",
  "#9da7b3",
  "#7f8995",
  "#363e49",
  "#2a313a",
  "#1d2228",
  "#171b20",
  "#12161a",
  "#0f1216",
];

/** Mantine's red of buttons, dark and light enough to be read on either background. */
const danger: MantineColorsTuple = [
  "#fdeae4",
  "#fbd3c7",
  "#f5a992",
  "#ff8a66",
  "#e2603c",
  "#d0441d",
  "#c0320c",
  "#a82a09",
  "#8d2307",
  "#701c06",
];

/** A function, since it has words: the language is chosen before. */
export function makeTheme(): MantineThemeOverride {
  const close = { closeButtonProps: { "aria-label": t`Close` } };
  return createTheme({
    primaryColor: "volt",
    primaryShade: 6,
    colors: { volt, dark, danger },
    fontFamily: "var(--font)",
    fontFamilyMonospace: "var(--font-mono)",
    defaultRadius: "md",
    respectReducedMotion: true,
    cursorType: "pointer",
    components: {
      Modal: Modal.extend({
        defaultProps: { overlayProps: { backgroundOpacity: 0.4 }, padding: "lg", ...close },
        styles: { title: { fontWeight: 600, fontSize: "1.0625rem", lineHeight: 1.35 } },
      }),
      Notification: Notification.extend({ defaultProps: close }),
      // Words that fade from one theme's colour to the other's can't be read meanwhile.
      SegmentedControl: { defaultProps: { transitionDuration: 0 } },
    },
  });
}

/** Mantine's own surfaces take the tokens of styles.css, so that one place decides light and dark. */
export const variables: CSSVariablesResolver = () => {
  const shared = {
    "--mantine-color-body": "var(--surface)",
    "--mantine-color-text": "var(--text)",
    "--mantine-color-dimmed": "var(--dim)",
    "--mantine-color-default": "var(--surface)",
    "--mantine-color-default-hover": "var(--hover)",
    "--mantine-color-default-border": "var(--line-strong)",
    "--mantine-color-placeholder": "var(--faint)",
    "--mantine-color-error": "var(--tone-faulted)",
    "--mantine-color-anchor": "var(--link)",
  };
  return { variables: {}, light: shared, dark: shared };
};
