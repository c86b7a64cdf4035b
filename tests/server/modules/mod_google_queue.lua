-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Presence queueing (google:queue): while a session has it enabled, presence of others is kept, the
-- newest of each full JID, until a flush, a full queue, or a message of that contact. Operation of
-- the control port:
--   queues {jid?}  by session: enabled, and the JIDs whose presence waits, in order

local google = module:require "google";
local iq = module:require "google_iq";
local array = require "util.array";
local filters = require "util.filters";

local host = module.host;
local xmlns = "google:queue";

local passed = setmetatable({}, { __mode = "k" });

local function queue_of(session)
	local state = iq.state(session);
	state.queue = state.queue or { enabled = false, order = {}, stanzas = {} };
	return state.queue;
end

local function release(session, stanza)
	passed[stanza] = true;
	session.send(stanza);
end

-- all, or those of one bare JID
local function flush(session, bare)
	local queue = queue_of(session);
	local order, kept = queue.order, {};
	queue.order = kept;
	for _, jid in ipairs(order) do
		if bare and jid:match("^[^/]*") ~= bare then
			kept[#kept + 1] = jid;
		else
			local stanza = queue.stanzas[jid];
			queue.stanzas[jid] = nil;
			release(session, stanza);
		end
	end
end

local function keep(session, stanza)
	local queue, from = queue_of(session), stanza.attr.from;
	if not queue.stanzas[from] then
		if #queue.order >= google.switch(host, "queue-limit") then flush(session); end
		queue.order[#queue.order + 1] = from;
	end
	queue.stanzas[from] = stanza;
end

local function is_own(session, jid)
	return not jid or jid:match("^[^/]*") == session.username.."@"..session.host;
end

local function filter_out(stanza, session)
	local state = session.host == host and session.google;
	local queue = state and state.queue;
	if not queue or passed[stanza] or not stanza.attr then return stanza; end
	local from, kind = stanza.attr.from, stanza.attr.type;
	if stanza.name == "presence" and queue.enabled and not is_own(session, from)
	and (not kind or kind == "unavailable") then
		keep(session, stanza);
		return nil;
	end
	if stanza.name == "message" and from and google.switch(host, "queue-flush-on-message") then
		flush(session, from:match("^[^/]*"));
	end
	return stanza;
end

local function keep_alive(session)
	local interval = google.switch(host, "queue-keepalive-s");
	module:add_timer(interval, function ()
		if session.destroyed or not queue_of(session).enabled or not session.conn then return; end
		session.conn:write(" ");
		return interval;
	end);
end

local commands = {};
function commands.enable(session)
	local queue = queue_of(session);
	if not queue.enabled then
		queue.enabled = true;
		keep_alive(session);
	end
end
function commands.disable(session) queue_of(session).enabled = false; end
function commands.flush(session) flush(session); end

iq.provide {
	feature = xmlns; xmlns = xmlns; tag = "query";
	set = function (request)
		if google.switch(host, "queue-refuse") then return nil, "service-unavailable"; end
		for child in request.payload:childtags(nil, xmlns) do
			if not commands[child.name] then return nil, "bad-request", "modify"; end
			commands[child.name](request.session);
		end
		return true;
	end;
};

iq.operation("queues", function (request)
	local found = array();
	for full, session in pairs(prosody.full_sessions) do
		if not request.jid or full:match("^[^/]*") == request.jid then
			local queue = queue_of(session);
			found:push({ jid = full, enabled = queue.enabled, waiting = array(queue.order) });
		end
	end
	return { queues = found };
end);

local function add_filters(session)
	if session.type and session.type:sub(1, 3) == "c2s" then
		filters.add_filter(session, "stanzas/out", filter_out, 100);
	end
end
function module.load() filters.add_filter_hook(add_filters); end
function module.unload() filters.remove_filter_hook(add_filters); end
