-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Shared status (google:shared-status): one document for an account, kept in the account's table
-- `shared`, and what it makes of the presence of the account's sessions. A session has version 0
-- while it did not ask for the document, else the one it asked with. Only what changes for the
-- contacts is sent to them. Operation of the control port:
--   shared_status {jid, values?}  the document, with values (text, busy, invisible, texts = {default =
--                                 {...}, dnd = {...}}) changed first, as if by another client, and
--                                 pushed; also `min_version`

local google = module:require "google";
local iq = module:require "google_iq";
local array = require "util.array";
local filters = require "util.filters";
local st = require "util.stanza";
local set_new = require "util.set".new;

local host = module.host;
local xmlns = "google:shared-status";
local core_post_stanza = prosody.core_post_stanza;

local SHOWS = set_new { "default", "dnd" };

local directed = setmetatable({}, { __mode = "k" }); -- stanzas that a client addressed itself

local function document_of(account)
	account.shared = account.shared or { text = "", show = "default", invisible = false,
		lists = { { show = "default", texts = {} }, { show = "dnd", texts = {} } } };
	return account.shared;
end

-- Versions

local function min_version(account)
	local fixed = google.switch(host, "status-min-ver");
	if type(fixed) == "number" then return fixed; end
	local lowest;
	for _, session in ipairs(iq.sessions(account.jid)) do
		local version = iq.state(session).shared_version or session.presence and 0;
		if version and (not lowest or version < lowest) then lowest = version; end
	end
	return lowest or 2;
end

-- The document on the wire

local function build(account)
	local document = document_of(account);
	local payload = st.stanza("query", { xmlns = xmlns;
		["status-max"] = tostring(google.switch(host, "status-max"));
		["status-list-max"] = tostring(google.switch(host, "status-list-max"));
		["status-list-contents-max"] = tostring(google.switch(host, "status-list-contents-max"));
		["status-min-ver"] = tostring(min_version(account)) });
	payload:text_tag("status", document.text):text_tag("show", document.show);
	for _, list in ipairs(document.lists) do
		payload:tag("status-list", { show = list.show });
		for _, text in ipairs(list.texts) do payload:text_tag("status", text); end
		payload:up();
	end
	return payload:tag("invisible", { value = tostring(document.invisible) }):up();
end

local function cut(text)
	local max = google.switch(host, "status-max");
	if google.switch(host, "status-overflow") == "accept" or #text <= max then return text; end
	if google.switch(host, "status-overflow") == "refuse" then return nil; end
	while max > 0 and text:byte(max + 1) >= 0x80 and text:byte(max + 1) < 0xc0 do max = max - 1; end
	return text:sub(1, max);
end

local function read_lists(payload, known)
	local lists = {};
	for node in payload:childtags("status-list", xmlns) do
		local list = { show = node.attr.show, texts = {} };
		for text in node:childtags("status", xmlns) do list.texts[#list.texts + 1] = text:get_text(); end
		if #list.texts > google.switch(host, "status-list-contents-max") then return nil; end
		lists[#lists + 1] = list;
	end
	if #lists > google.switch(host, "status-list-max") then return nil; end
	if #lists == 0 and google.switch(host, "shared-set-without-lists") == "keep" then return known; end
	return lists;
end

local function read(payload, known)
	local show = payload:get_child_text("show", xmlns) or "default";
	local text = cut(payload:get_child_text("status", xmlns) or "");
	local lists = read_lists(payload, known.lists);
	local invisible = payload:get_child("invisible", xmlns);
	if not SHOWS:contains(show) or not text or not lists then return nil; end
	return { text = text, show = show, lists = lists,
		invisible = invisible and invisible.attr.value == "true" or false };
end

-- What contacts see

local function effective(session, presence)
	local account = iq.account(session);
	local document, version = document_of(account), iq.state(session).shared_version or 0;
	local show = presence:get_child_text("show");
	if version == 0 then return show, presence:get_child_text("status"); end
	local hides = min_version(account) >= 2;
	if document.invisible and hides then return "unavailable"; end
	if show == "away" or show == "xa" then return show, document.text; end
	if document.show == "dnd" or document.invisible then return "dnd", document.text; end
	return nil, document.text;
end

local function rewrite(session, presence)
	local show, text = effective(session, presence);
	if show == "unavailable" then
		return st.presence({ type = "unavailable", from = session.full_jid });
	end
	local copy = st.clone(presence);
	copy.attr.from = session.full_jid;
	copy:maptags(function (tag)
		if tag.name == "show" or tag.name == "status" then return nil; end
		return tag;
	end);
	if show then copy:text_tag("show", show); end
	if text and text ~= "" then copy:text_tag("status", text); end
	return copy;
end

local function key_of(presence)
	if presence.attr.type == "unavailable" then return "unavailable"; end
	local copy = st.clone(presence);
	copy.attr.to, copy.attr.id = nil, nil;
	copy:maptags(function (tag) return tag.name ~= "delay" and tag or nil; end);
	return tostring(copy);
end

-- The available presence as contacts would get it; `known` is whether they have it already.
local function judge(session, presence)
	local seen = rewrite(session, presence);
	local key, state = key_of(seen), iq.state(session);
	local known = key == (state.shared_seen or "unavailable");
	state.shared_seen = key;
	return seen, known;
end

local function broadcast(session)
	local seen, known = judge(session, session.presence);
	if known then return; end
	for jid, item in pairs(session.roster) do
		if jid and (item.subscription == "both" or item.subscription == "from") then
			local copy = st.clone(seen);
			copy.attr.to = jid;
			core_post_stanza(session, copy);
		end
	end
end

local function push_all(account, setter)
	local echo = google.switch(host, "shared-echo");
	for _, session in ipairs(iq.sessions(account.jid)) do
		if iq.state(session).shared_version and (session ~= setter or echo) then
			iq.push(session, build(account), { kind = "shared-status" });
		end
	end
end

local function broadcast_all(account)
	for _, session in ipairs(iq.sessions(account.jid)) do
		if session.presence then broadcast(session); end
	end
end

-- A session has come, gone or asked.
local function refresh(bare)
	local account = google.ensure_account(bare);
	local version = min_version(account);
	if (account.shared_min_version or 2) ~= version then
		account.shared_min_version = version;
		push_all(account);
	end
	broadcast_all(account);
end

local function refresh_later(session)
	local bare = session.username.."@"..session.host;
	module:add_timer(0, function () refresh(bare); end);
end

local function is_ours(session)
	return session.username and iq.offers(host, xmlns);
end

-- The account's own presence, around what mod_presence does with it: what contacts know already does
-- not go to them.
module:hook("presence/bare", function (event)
	local session, stanza = event.origin, event.stanza;
	local kind = stanza.attr.type;
	if stanza.attr.to or kind and kind ~= "unavailable" or not is_ours(session) then return; end
	local state = iq.state(session);
	if state.shared_sending then return; end
	local _, known;
	if kind then
		known = (state.shared_seen or "unavailable") == "unavailable";
		state.shared_seen = nil;
	else
		_, known = judge(session, stanza);
	end
	state.shared_sending = known and "nothing" or "news";
	module:fire_event("presence/bare", event);
	state.shared_sending = nil;
	refresh(session.username.."@"..session.host);
	return true;
end, 10);

-- Each copy that goes to a contact, also in answer to a probe.
local function outgoing(event)
	local session, stanza = event.origin, event.stanza;
	local to, kind = stanza.attr.to, stanza.attr.type;
	if not to or directed[stanza] or not session.username or not session.full_jid
	or kind and kind ~= "unavailable" or not is_ours(session) then return; end
	if to:match("^[^/]*") == session.username.."@"..session.host then return; end
	if iq.state(session).shared_sending == "nothing" then return true; end
	if kind then return; end
	local copy = rewrite(session, stanza);
	if copy.attr.type == "unavailable" then return true; end
	copy.attr.to = to;
	core_post_stanza(session, copy);
	return true;
end
module:hook("pre-presence/bare", outgoing, 100);
module:hook("pre-presence/full", outgoing, 100);

local function note_directed(stanza, session)
	if stanza.name == "presence" and stanza.attr.to and session.host == host then
		directed[stanza] = true;
	end
	return stanza;
end

local function add_filters(session)
	if session.type and session.type:sub(1, 3) == "c2s" then
		filters.add_filter(session, "stanzas/in", note_directed, 800);
	end
end
function module.load() filters.add_filter_hook(add_filters); end
function module.unload() filters.remove_filter_hook(add_filters); end

module:hook("resource-unbind", function (event)
	if event.session.username then refresh_later(event.session); end
end, -10);

-- Requests

local function apply(account, document, setter)
	if document.invisible and min_version(account) < 2 then
		if google.switch(host, "shared-invisible") == "refuse" then return nil; end
		document.invisible, document.show = false, "dnd";
	end
	account.shared = document;
	push_all(account, setter);
	broadcast_all(account);
	return true;
end

iq.provide {
	feature = xmlns; xmlns = xmlns; tag = "query";
	get = function (request)
		if google.switch(host, "shared-empty-reply") then return true; end
		iq.state(request.session).shared_version = tonumber(request.payload.attr.version) or 1;
		refresh_later(request.session);
		return build(request.account);
	end;
	set = function (request)
		local document = read(request.payload, document_of(request.account));
		if not document or not apply(request.account, document, request.session) then
			return nil, "not-acceptable", "modify";
		end
		return true;
	end;
};

local function describe(account)
	local document = document_of(account);
	local texts = {};
	for _, list in ipairs(document.lists) do texts[list.show] = array(list.texts); end
	return { text = document.text, busy = document.show == "dnd", texts = texts,
		invisible = document.invisible, min_version = min_version(account) };
end

iq.operation("shared_status", function (request)
	local account = google.ensure_account(request.jid);
	local document, values = document_of(account), request.values;
	if values then
		local changed = { text = values.text or document.text, lists = document.lists;
			show = document.show, invisible = document.invisible };
		if values.busy ~= nil then changed.show = values.busy and "dnd" or "default"; end
		if values.invisible ~= nil then changed.invisible = values.invisible; end
		if values.texts then
			changed.lists = {};
			for _, show in ipairs { "default", "dnd" } do
				table.insert(changed.lists, { show = show, texts = values.texts[show] or {} });
			end
		end
		apply(account, changed);
	end
	return { status = describe(account) };
end);
