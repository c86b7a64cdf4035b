-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Google's group chats, over Prosody's own component "muc" of the same host: rooms without a form
-- that are nobody's to configure, silence to disco, a nickname conflict told twice, no-save marks, and
-- invitations without reason and body to people of this service whose client knows "pmuc-v1".
-- One operation of the control port:
--   invitations {}   room, from, to, reason (what the client sent, or none), body, refused

local google = module:require "google";
local iq = module:require "google_iq";
local array = require "util.array";
local st = require "util.stanza";
local jid_bare = require "util.jid".bare;
local jid_split = require "util.jid".split;

local domain = module:get_option_string("google_canonical");
local muc = module:depends "muc";
local seen = module:shared("/*/google/invitations");
seen.list = seen.list or {};

local INVITATIONS_MAX = 1000; -- what a test looks at, and an end to memory

local xmlns_muc_user = "http://jabber.org/protocol/muc#user";

-- It did not answer.
for _, kind in ipairs { "host", "bare" } do
	for _, what in ipairs { "info", "items" } do
		module:hook("iq-get/"..kind.."/http://jabber.org/protocol/disco#"..what..":query",
			function () return true; end, 100);
	end
end

-- Rooms are there as soon as somebody joins: no status 201.
local publicise = muc.room_mt.publicise_occupant_status;
function muc.room_mt:publicise_occupant_status(occupant, x, ...)
	if st.is_stanza(x) then
		x:maptags(function (tag)
			return not (tag.name == "status" and tag.attr.code == "201") and tag or nil;
		end);
	end
	return publicise(self, occupant, x, ...);
end

module:hook("muc-occupant-pre-join", function (event)
	local _, from = jid_split(event.stanza.attr.from);
	if from == domain or not google.switch(domain, "muc-local-only") then return; end
	event.origin.send(st.error_reply(event.stanza, "auth", "forbidden", nil, event.room.jid));
	return true;
end, 100);

local function is_taken(stanza)
	local room = muc.get_room_from_jid(jid_bare(stanza.attr.to));
	local occupant = room and room:get_occupant_by_nick(stanza.attr.to);
	return occupant and occupant.bare_jid ~= jid_bare(stanza.attr.from);
end

module:hook("presence/full", function (event)
	local stanza = event.stanza;
	if stanza.attr.type or not is_taken(stanza) then return; end
	local from = jid_bare(stanza.attr.to);
	for _ = 1, google.switch(domain, "muc-double-conflict") and 2 or 1 do
		local reply = st.error_reply(stanza, "cancel", "conflict", nil, from);
		reply.attr.from = stanza.attr.to;
		event.origin.send(reply);
	end
	return true;
end, 10);

module:hook("muc-broadcast-message", function (event)
	if not event.stanza:get_child("body") then return; end
	event.stanza:tag("x", { xmlns = "google:nosave"; value = "disabled" }):up();
	event.stanza:tag("record", { xmlns = "http://jabber.org/protocol/archive"; otr = "false" }):up();
end);

-- Invitations

local function knows_pmuc(session)
	local caps = session.presence and session.presence:get_child("c", "http://jabber.org/protocol/caps");
	for name in (caps and caps.attr.ext or ""):gmatch("%S+") do
		if name == "pmuc-v1" then return true; end
	end
	return false;
end

-- Why the invitation cannot be; nil if it can.
local function find_trouble(to)
	local _, to_domain = jid_split(to);
	if to_domain ~= domain and google.switch(domain, "muc-local-only") then return "forbidden"; end
	local online = false;
	for _, session in ipairs(iq.sessions(to)) do
		online = online or session.presence ~= nil;
		if knows_pmuc(session) then return nil; end
	end
	if not online then return "service-unavailable"; end
	return google.switch(domain, "muc-need-pmuc") and "not-acceptable" or nil;
end

module:hook("muc-pre-invite", function (event)
	local stanza = event.stanza;
	local invite = stanza:get_child("x", xmlns_muc_user):get_child("invite");
	local trouble = find_trouble(jid_bare(invite.attr.to));
	local list = seen.list;
	list[#list + 1] = { room = event.room.jid; from = stanza.attr.from; to = invite.attr.to;
		reason = invite:get_child("reason") and invite:get_child_text("reason") or nil;
		has_reason = invite:get_child("reason") ~= nil;
		body = stanza:get_child_text("body"); refused = trouble };
	if #list > INVITATIONS_MAX then table.remove(list, 1); end
	if not trouble then return; end
	local reply = st.error_reply(stanza, "cancel", trouble, nil, event.room.jid);
	event.origin.send(reply);
	return true;
end, 10);

module:hook("muc-invite", function (event)
	local invite = event.stanza:get_child("x", xmlns_muc_user):get_child("invite");
	module:send(st.message({ from = event.room.jid; to = event.stanza.attr.to })
		:tag("x", { xmlns = xmlns_muc_user })
			:tag("invite", { from = invite.attr.from }));
	return true;
end, 100);

iq.operation("invitations", function ()
	local list = array();
	for _, invitation in ipairs(seen.list) do list:push(invitation); end
	return { invitations = list };
end);
