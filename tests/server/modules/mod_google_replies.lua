-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Faults of replies, for whatever request by whatever module: they are struck where stanzas leave, so
-- that no extension knows of them. Operations of the control port:
--   spoil {what, xmlns, ...}  arms a fault; jid? (bare or full) and type? ("get", "set") narrow it
--                             down, count? (default 1, 0 for ever) says how often it strikes
--   spoil {what = "none"}     disarms them all
--   spoilt {}                 how often each armed one has struck: faults
-- xmlns is that of the request's payload. what:
--   drop       the reply never comes
--   delay      it comes `ms` later
--   duplicate  it comes twice
--   reorder    it comes behind the reply to the next request of that session
--   forge      a copy with `from` (default a stranger's) and, if given, the payload `xml` comes
--              before the true one
--   foreign    the copy comes instead of the true one
--   replace    the payload is `xml`; none: an empty result
--   error      the error `condition` (default service-unavailable) of `type` error_type (cancel)
--   cut        the connection is dropped instead

module:set_global();

local array = require "util.array";
local filters = require "util.filters";
local st = require "util.stanza";
local xml = require "util.xml";
local iq = module:require "google_iq";

local STRANGER = "mallory@evil.example/lair";
local REQUESTS_MAX = 1000; -- open at once on one stream

local state = module:shared("/*/google/replies");
state.faults = state.faults or {};

-- What has been through here already.
local passed = setmetatable({}, { __mode = "k" });

local function send_now(session, stanza)
	if session.destroyed then return; end
	passed[stanza] = true;
	session.send(stanza);
end

local function send_later(session, stanza, seconds)
	module:add_timer(seconds, function () send_now(session, stanza); end);
end

local function with_payload(reply, payload)
	local copy = st.stanza(reply.name, { type = "result"; id = reply.attr.id;
		from = reply.attr.from; to = reply.attr.to });
	if payload then copy:add_child(st.clone(payload)); end
	return copy;
end

local function forged(fault, reply)
	local copy = fault.payload and with_payload(reply, fault.payload) or st.clone(reply);
	copy.attr.from = fault.from;
	return copy;
end

-- Each returns what is sent now, or nil.
local strikes = {};

function strikes.drop() return nil; end

function strikes.delay(fault, session, reply)
	send_later(session, reply, fault.ms / 1000);
end

function strikes.duplicate(_, session, reply)
	send_later(session, st.clone(reply), 0);
	return reply;
end

function strikes.reorder(_, session, reply)
	session.google_held_reply = reply;
end

function strikes.forge(fault, session, reply)
	send_now(session, forged(fault, reply));
	return reply;
end

function strikes.foreign(fault, _, reply)
	return forged(fault, reply);
end

function strikes.replace(fault, _, reply)
	return with_payload(reply, fault.payload);
end

strikes["error"] = function (fault, _, reply)
	local copy = with_payload(reply);
	copy.attr.type = "error";
	return copy:tag("error", { type = fault.error_type })
		:tag(fault.condition, { xmlns = "urn:ietf:params:xml:ns:xmpp-stanzas" }):reset();
end

function strikes.cut(_, session)
	module:add_timer(0, function ()
		local conn = session.conn;
		if not conn then return; end
		conn:on("disconnect", "cut by the test"); -- destroy() alone leaves the session behind
		conn:destroy();
	end);
end

local function is_for(fault, session, request)
	return fault.left > 0 and fault.xmlns == request.xmlns
		and (not fault.type or fault.type == request.type)
		and (not fault.jid or fault.jid == session.full_jid
			or fault.jid == session.username.."@"..session.host);
end

local function find_fault(session, request)
	for _, fault in ipairs(state.faults) do
		if is_for(fault, session, request) then return fault; end
	end
end

local function note_request(stanza, session)
	local kind, payload = stanza.attr.type, stanza.tags and stanza.tags[1];
	if stanza.name ~= "iq" or not payload or #state.faults == 0 then return stanza; end
	if kind == "get" or kind == "set" then
		local open = session.google_requests or { count = 0, by_id = {} };
		if open.count >= REQUESTS_MAX then open = { count = 0, by_id = {} }; end
		session.google_requests = open;
		open.count = open.count + 1;
		open.by_id[stanza.attr.id] = { xmlns = payload.attr.xmlns; type = kind };
	end
	return stanza;
end

local function take_request(session, stanza)
	local open, kind = session.google_requests, stanza.attr.type;
	if not open or stanza.name ~= "iq" or (kind ~= "result" and kind ~= "error") then return; end
	local request = open.by_id[stanza.attr.id];
	if request then
		open.by_id[stanza.attr.id] = nil;
		open.count = open.count - 1;
	end
	return request;
end

local function spoil(stanza, session)
	if passed[stanza] then return stanza; end
	local request = take_request(session, stanza);
	if not request then return stanza; end
	local held = session.google_held_reply;
	if held then
		session.google_held_reply = nil;
		send_later(session, held, 0);
	end
	local fault = find_fault(session, request);
	if not fault then return stanza; end
	fault.left = fault.left - 1;
	fault.struck = fault.struck + 1;
	module:log("info", "reply to %s of %s: %s", request.xmlns, session.full_jid or "?", fault.what);
	return strikes[fault.what](fault, session, stanza);
end

iq.operation("spoil", function (request)
	if request.what == "none" then
		state.faults = {};
		return {};
	end
	if not strikes[request.what] then return nil, "no such fault: "..tostring(request.what); end
	local payload, err;
	if request.xml then
		payload, err = xml.parse(request.xml);
		if not payload then return nil, err; end
	end
	local count = request.count or 1;
	table.insert(state.faults, {
		what = request.what; xmlns = request.xmlns; jid = request.jid; type = request.type;
		left = count == 0 and math.huge or count; struck = 0;
		ms = request.ms or 0; from = request.from or STRANGER; payload = payload;
		condition = request.condition or "service-unavailable";
		error_type = request.error_type or "cancel";
	});
	return {};
end);

iq.operation("spoilt", function ()
	local faults = array();
	for _, fault in ipairs(state.faults) do
		faults:push({ what = fault.what; xmlns = fault.xmlns; struck = fault.struck });
	end
	return { faults = faults };
end);

-- Behind the trace's filter for what comes in; before stream management counts what goes out.
local function add_filters(session)
	if session.type and session.type:sub(1, 3) == "c2s" then
		filters.add_filter(session, "stanzas/in", note_request, 900);
		filters.add_filter(session, "stanzas/out", spoil, 100);
	end
end

function module.load() filters.add_filter_hook(add_filters); end
function module.unload() filters.remove_filter_hook(add_filters); end
