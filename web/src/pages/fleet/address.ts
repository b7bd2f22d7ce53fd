/** Where chargers connect: the host that serves this page, the customary OCPP port. */
export function chargerUrl(id: string): string {
  return `ws://${window.location.hostname}:9000/ocpp/${id}`;
}
