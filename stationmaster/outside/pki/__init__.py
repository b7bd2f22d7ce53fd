"""What servers of a public key infrastructure outside are asked: whether a certificate still holds, and for contracts of cars.

`ocsp`, `crls` and `chains` read and judge, and ask nobody. `responders` asks, by `outside/http.py`; `contracts` forwards what cars want.
"""

from stationmaster.outside.pki.chains import BadChain
from stationmaster.outside.pki.contracts import Contracts
from stationmaster.outside.pki.named import Authorities, Named, Told, Unusable
from stationmaster.outside.pki.responders import Responders

__all__ = ["Authorities", "BadChain", "Contracts", "Named", "Responders", "Told", "Unusable"]
