import { t } from "@lingui/core/macro";
import { useMay, type Permission } from "./user";

/** Roles and permissions in the words people read. */
export function roleWord(role: string): string {
  const words: Record<string, string> = {
    owner: t`Owner`,
    administrator: t`Administrator`,
    technician: t`Technician`,
    operator: t`Operator`,
    viewer: t`Viewer`,
    driver: t`Driver`,
  };
  return words[role] ?? role;
}

/** The roles somebody may give: owners are made by owners. */
export function useRoleChoices(): { value: string; label: string }[] {
  const owner = useMay("own");
  const choices = [
    { value: "driver", label: t`Driver: sees only their own` },
    { value: "viewer", label: t`Viewer: looks, changes nothing` },
    { value: "operator", label: t`Operator: sends commands, manages cards, corrects sessions` },
    { value: "technician", label: t`Technician: an operator who may send any message` },
    { value: "administrator", label: t`Administrator: everything but making owners` },
  ];
  return owner ? [...choices, { value: "owner", label: t`Owner: everything` }] : choices;
}

export function permissionWords(): Record<Permission, string> {
  return {
    view: t`Look at everything`,
    operate: t`Send commands, manage cards`,
    raw_call: t`Send a charger any message`,
    deploy_firmware: t`Upload firmware, and update chargers with it`,
    correct_sessions: t`Correct sessions`,
    handle_money: t`Enter payments, refund them, write off claims`,
    view_customers: t`Look at customers`,
    manage_customers: t`Manage customers and their vehicles`,
    administer: t`Add and change chargers, sites and tariffs`,
    manage_users: t`Manage users`,
    manage_keys: t`Manage API keys`,
    view_audit: t`Read the audit log`,
    see_secrets: t`See secrets that chargers tell`,
    own: t`Make others owners, rename the organization`,
    manage_organizations: t`Manage organizations`,
  };
}
