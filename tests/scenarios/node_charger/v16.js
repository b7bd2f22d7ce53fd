// What the charger says in 1.6.

import { ago, METER_WH } from "./meter.js";

export function v16(charger) {
  const configuration = { HeartbeatInterval: "300", MeterValueSampleInterval: "60", NumberOfConnectors: "1" };
  let transactionId = null;

  const is = (status) => charger.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status });

  async function begin(idTag) {
    const { idTagInfo } = await charger.call("Authorize", { idTag });
    if (idTagInfo.status !== "Accepted") return;
    await is("Preparing");
    const start = { connectorId: 1, idTag, meterStart: METER_WH.begin, timestamp: ago(30) };
    ({ transactionId } = await charger.call("StartTransaction", start));
    await is("Charging");
    const sampledValue = [
      { value: String(METER_WH.middle), context: "Sample.Periodic" },
      { value: "11.0", measurand: "Power.Active.Import", unit: "kW" },
    ];
    await charger.call("MeterValues", { connectorId: 1, transactionId, meterValue: [{ timestamp: ago(15), sampledValue }] });
  }

  async function stop() {
    await is("Finishing");
    await charger.call("StopTransaction", { transactionId, meterStop: METER_WH.end, timestamp: ago(0), reason: "Remote" });
    await is("Available");
  }

  return {
    async boot() {
      const facts = { chargePointVendor: "Node", chargePointModel: "N1", firmwareVersion: charger.firmware };
      const { status } = await charger.call("BootNotification", facts);
      if (status !== "Accepted") throw new Error(`not accepted but ${status}`);
      await is("Available");
    },

    answers: {
      RemoteStartTransaction({ idTag }) {
        charger.afterwards(() => begin(idTag));
        return { status: "Accepted" };
      },
      RemoteStopTransaction(request) {
        if (request.transactionId !== transactionId) return { status: "Rejected" };
        charger.afterwards(stop);
        return { status: "Accepted" };
      },
      GetConfiguration({ key = Object.keys(configuration) }) {
        const known = key.filter((name) => name in configuration);
        return {
          configurationKey: known.map((name) => ({ key: name, readonly: name.startsWith("Number"), value: configuration[name] })),
          unknownKey: key.filter((name) => !(name in configuration)),
        };
      },
      ChangeConfiguration({ key, value }) {
        if (!(key in configuration)) return { status: "NotSupported" };
        configuration[key] = value;
        return { status: "Accepted" };
      },
      ReserveNow() {
        return { status: "Accepted" };
      },
      UpdateFirmware({ location }) {
        charger.afterwards(() => charger.update({ location }, (status) => charger.call("FirmwareStatusNotification", { status })));
        return {};
      },
      SignedUpdateFirmware({ requestId, firmware }) {
        const tell = (status) => charger.call("SignedFirmwareStatusNotification", { status, requestId });
        charger.afterwards(() => charger.update(firmware, tell));
        return { status: "Accepted" };
      },
      GetDiagnostics({ location }) {
        const tell = (status) => charger.call("DiagnosticsStatusNotification", { status });
        charger.afterwards(() => charger.bring(location, tell));
        return { fileName: "node.log" };
      },
      GetLog({ requestId, log }) {
        const tell = (status) => charger.call("LogStatusNotification", { status, requestId });
        charger.afterwards(() => charger.bring(log.remoteLocation, tell));
        return { status: "Accepted", filename: "node.log" };
      },
    },
  };
}
