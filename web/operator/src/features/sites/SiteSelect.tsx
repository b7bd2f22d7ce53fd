import { t } from "@lingui/core/macro";
import type { SelectProps } from "@mantine/core";
import { ThingSelect } from "../../managed/ThingSelect";
import { sites } from "./resource";

type Props = Omit<SelectProps, "resource" | "data" | "value" | "onChange"> & { value: string | null; onChange: (id: string | null) => void };

/** A site, found by its name or address. */
export function SiteSelect(props: Props) {
  return <ThingSelect resource={sites} detail={(site) => site.city} nothingFoundMessage={t`No site matches`} {...props} />;
}
