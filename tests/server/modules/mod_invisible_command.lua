-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The invisible command (XEP-0186) for servers that are not Google's; nobody has it until the control
-- port's operation gives it to a domain:
--   invisible {domain, xmlns?}  announces the command in that namespace; none: takes it away. What
--                               was "refuse" behind it, as in "urn:xmpp:invisible:1 refuse", is
--                               announced and then refused
--   hidden {}                   the full JIDs that are invisible now

local iq = module:require "google_iq";
local array = require "util.array";
local st = require "util.stanza";

local host = module.host;
local offers = module:shared("/*/google/invisible"); -- domain -> { xmlns, refuse }
local core_post_stanza = prosody.core_post_stanza;

local function each_contact(session, subscription, run)
	for jid, item in pairs(session.roster) do
		if jid and (item.subscription == "both" or item.subscription == subscription) then run(jid); end
	end
end

local function hide(session, probes)
	local state = iq.state(session);
	if state.hidden then return; end
	state.hidden = true;
	if session.presence then
		each_contact(session, "from", function (jid)
			core_post_stanza(session, st.presence { type = "unavailable", from = session.full_jid, to = jid });
		end);
	end
	-- available to the server, so that messages come
	session.presence = session.presence or st.presence { from = session.full_jid };
	session.priority = session.priority or 0;
	require "util.presence".recalc_resource_map(prosody.bare_sessions[session.username.."@"..session.host]);
	if not probes then return; end
	each_contact(session, "to", function (jid)
		core_post_stanza(session, st.presence { type = "probe", from = session.full_jid, to = jid });
	end);
end

local function show(session)
	iq.state(session).hidden = nil;
	session.presence = nil; -- the next one is the first
end

local function handle(event)
	local session, stanza = event.origin, event.stanza;
	local offer, command = offers[host], stanza.tags[1];
	if not offer or command.attr.xmlns ~= offer.xmlns then return; end
	if offer.refuse then
		session.send(st.error_reply(stanza, "cancel", "not-allowed"));
		return true;
	end
	if command.name == "invisible" then
		local probe = command.attr.probe;
		hide(session, offer.xmlns:match(":0$") or probe == "true" or probe == "1");
	else
		show(session);
	end
	session.send(st.reply(stanza));
	return true;
end

for _, xmlns in ipairs { "urn:xmpp:invisible:0", "urn:xmpp:invisible:1" } do
	module:hook("iq-set/self/"..xmlns..":invisible", handle);
	module:hook("iq-set/self/"..xmlns..":visible", handle);
end

-- Undirected presence of a hidden session tells nobody; nor do probes find it.
local function outgoing(event)
	local session, to = event.origin, event.stanza.attr.to;
	if to and session.google and session.google.hidden and not event.stanza.attr.type
	and not to:match("/") then
		return true;
	end
end
module:hook("pre-presence/bare", outgoing, 90);

local change = module:shared("/*/google/invisible-change"); -- domain -> function
change[host] = function (text)
	if offers[host] then module:remove_item("feature", offers[host].xmlns); end
	offers[host] = nil;
	if not text then return; end
	local xmlns, refuse = text:match("^(%S+) ?(%a*)$");
	offers[host] = { xmlns = xmlns, refuse = refuse == "refuse" };
	module:add_item("feature", xmlns);
end;

iq.operation("invisible", function (request)
	change[request.domain](request.xmlns);
	return {};
end);

iq.operation("hidden", function ()
	local found = array();
	for full, session in pairs(prosody.full_sessions) do
		if session.google and session.google.hidden then found:push(full); end
	end
	return { hidden = found };
end);
