// What ical.js makes of a calendar, in the words of tests/calendars/reading.py.

function plain(text, names) {
  ICAL.TimezoneService.reset();
  const calendar = new ICAL.Component(ICAL.parse(text));
  const refresh = only(calendar, "refresh-interval");
  return {
    ...Object.fromEntries(names.ofCalendar.map(name => [name, value(calendar, name)])),
    refresh: refresh && { interval: `${refresh.getFirstValue()}`, value: refresh.type.toUpperCase() },
    zones: calendar.getAllSubcomponents("vtimezone").map(zone => zone.getFirstPropertyValue("tzid")),
    events: calendar.getAllSubcomponents("vevent").map(event => eventOf(event, names)),
  };
}

function eventOf(event, names) {
  const categories = only(event, "categories");
  return {
    uid: value(event, "uid"),
    sequence: value(event, "sequence"),
    ...Object.fromEntries(names.texts.map(name => [name, value(event, name)])),
    categories: categories && categories.getValues(),
    conference: withParams(event, "conference", names.ofConference),
    organizer: withParams(event, "organizer", names.ofParty),
    attendee: withParams(event, "attendee", names.ofParty),
    starts: time(event, "dtstart"),
    ends: time(event, "dtend"),
    dtstamp: instant(value(event, "dtstamp")),
    "last-modified": instant(value(event, "last-modified")),
  };
}

function only(component, name) {
  const found = component.getAllProperties(name);
  if (found.length > 1) throw new Error(`${name} stands there ${found.length} times`);
  return found.length ? found[0] : null;
}

// Of a property that it does not know (NAME, X-WR-CALNAME) ical.js leaves the escapes in.
function value(component, name) {
  const property = only(component, name);
  if (!property) return null;
  const found = property.getFirstValue();
  return property.type === "unknown" ? found.replace(/\\(.)/g, (_, c) => (c === "n" || c === "N" ? "\n" : c)) : found;
}

function withParams(component, name, params) {
  const property = only(component, name);
  return property && { address: property.getFirstValue(), ...Object.fromEntries(params.map(one => [one, param(property, one)])) };
}

// VALUE stands in the property's type.
function param(property, name) {
  return (name === "value" ? property.type.toUpperCase() : property.getFirstParameter(name)) ?? null;
}

function time(component, name) {
  const at = value(component, name);
  const described = at.zone === ICAL.Timezone.utcTimezone || at.zone.component !== null;
  if (!described) throw new Error(`${name} does not go by a zone of the file: ${at.zone}`);
  return { at: instant(at), wall: `${at}`.replace("Z", ""), zone: at.zone.tzid };
}

function instant(at) {
  return `${at.convertToZone(ICAL.Timezone.utcTimezone)}`;
}
