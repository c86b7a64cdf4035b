-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- How Google's service routed messages: the roster is a whitelist, every message carries the marks of
-- its pair, what is off the record is archived nowhere and comes back when nobody is there to take it,
-- and what was stored is delivered without type, with its time in two shapes. Who is
-- blocked is refused in mod_google_roster.lua.

local google = module:require "google";
local record = module:require "google_record";
local rostermanager = require "core.rostermanager";
local jid_bare = require "util.jid".bare;
local jid_split = require "util.jid".split;
local st = require "util.stanza";
local now = require "util.time".now;

local host = module.host;
local offline = module:open_store("offline", "archive");

local function is_on() return google.switch(host, "google"); end

local function is_conversation(stanza)
	local kind = stanza.attr.type;
	return kind == nil or kind == "chat" or kind == "normal";
end

-- Marks

local function mark_outgoing(event)
	local session, stanza = event.origin, event.stanza;
	if not is_on() or stanza.attr.type == "error" or not stanza.attr.to then return; end
	local claim = record.claim(stanza);
	if claim and is_conversation(stanza) then
		module:fire_event("google-mark-claimed", { session = session; value = claim;
			from = jid_bare(session.full_jid); to = jid_bare(stanza.attr.to) });
	end
	record.mark(stanza, is_conversation(stanza) and record.of_stanza(stanza));
end

module:hook("pre-message/bare", mark_outgoing, 200);
module:hook("pre-message/full", mark_outgoing, 200);

-- Who gets it

-- The error has the original children and the marks, and comes from the bare address.
local function bounce(event)
	local session, stanza = event.origin, event.stanza;
	local reply = st.clone(stanza);
	reply.attr.type = "error";
	reply.attr.from, reply.attr.to = jid_bare(stanza.attr.to), stanza.attr.from;
	reply:reset():tag("error", { code = "503"; type = "cancel" })
		:tag("service-unavailable", { xmlns = "urn:ietf:params:xml:ns:xmpp-stanzas" }):reset();
	session.send(reply);
	return true;
end

local function is_stranger(from, to)
	local user, domain = jid_split(from);
	if not user or from == to or google.switch(host, "strangers") == "deliver" then return false; end
	if prosody.hosts[domain] and prosody.hosts[domain].type == "component" then return false; end
	local item = rostermanager.load_roster(jid_split(to), host)[from];
	return not item or item.subscription ~= "both";
end

local function is_there(stanza, to)
	local account = prosody.bare_sessions[to];
	return prosody.full_sessions[stanza.attr.to] or account and account.top_resources
		and #account.top_resources > 0;
end

local function may_store(from, to)
	local how = google.switch(host, "offline-store");
	return how == "always" or how == "history" and not record.is_off(from, to);
end

local function route(event)
	local stanza = event.stanza;
	if not is_on() or stanza.attr.type == "error" or not stanza.attr.to then return; end
	local from, to = jid_bare(stanza.attr.from), jid_bare(stanza.attr.to);
	record.mark(stanza, is_conversation(stanza) and record.is_off(from, to));
	if not is_conversation(stanza) then return; end
	local has_body = stanza:get_child("body");
	if has_body and is_stranger(from, to) then return bounce(event); end
	if is_there(stanza, to) then return; end
	if not has_body then return true; end
	if not may_store(from, to) then return bounce(event); end
end

module:hook("message/bare", route, 150);
module:hook("message/full", route, 150);

-- What is kept

module:hook("archive-should-store", function (event)
	if is_on() and record.of_stanza(event.stanza) then
		event.reason = "off the record";
		return false;
	end
end, 10);

module:hook("message/offline/handle", function (event)
	if not is_on() then return; end
	event.stanza:reset():tag("time", { xmlns = "google:timestamp";
		ms = ("%d"):format(math.floor(now() * 1000)) }):up();
end, 10);

local function deliver_later(session, stanza, when)
	stanza.attr.type = nil;
	stanza:reset():tag("x", { xmlns = "jabber:x:delay"; stamp = os.date("!%Y%m%dT%H:%M:%S", when) }):up();
	session.send(stanza);
end

-- Who has read the archive has had it: that is mod_mam's to tell.
module:hook("message/offline/broadcast", function (event)
	local session = event.origin;
	if not is_on() or session.mam_requested then return; end
	for _, stanza, when in offline:find(session.username) or function () end do
		deliver_later(session, stanza, when);
	end
	offline:delete(session.username);
	return true;
end, 10);
