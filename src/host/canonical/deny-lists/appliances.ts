/**
 * Systems that run only on printers, network gear, storage, phones, power and remote management. OCSF classifies them as
 * "Other", but they are not Windows, Linux or macOS. The names come from scanners' fingerprints (Nmap's OS classes, Qualys'
 * knowledge base).
 */
export const APPLIANCES =
  /\b(?:jetdirect|laserjet|officejet|printer|lexmark|kyocera|ricoh|xerox|konica|brother nc|cisco (?:ios|nx-os|asa|pix|adaptive)|catos|ios[- ]xe|nx-os|junos|screenos|fortios|pan-os|arubaos|procurve|comware|routeros|edgeos|sonicos|gaia|big-ip|netscaler|data ontap|isilon|onefs|vxworks|qnx|threadx|cisco ip phone|polycom|avaya|axis|apc|ups|ilo|idrac|drac|bmc|ipmi|imm2?)\b/i;
