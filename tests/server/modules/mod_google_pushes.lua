-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Pushes and their answers. Whatever a client sends with the id of a push that it was sent, the push
-- is answered: "result", or the condition of the error, and to whom. Two operations of the
-- control port:
--   push {jid, xml, from?, kind?, id?}  to these sessions; from "none" for none, default the own
--                                       bare JID; xml is the payload of the <iq type='set'>
--   pushes {jid?, since?}               oldest first: id, jid, kind, time, answer (false: none yet),
--                                       answered_to, answers (how many came), overdue (none within
--                                       `push-timeout-s`)

module:set_global();

local array = require "util.array";
local filters = require "util.filters";
local now = require "util.time".now;
local st = require "util.stanza";
local xml = require "util.xml";
local iq = module:require "google_iq";

local pushes = module:shared("/*/google/pushes");

local function is_of(push, jid)
	return not jid or push.jid == jid or push.jid:match("^[^/]*") == jid;
end

local function find(session, id)
	for i = #pushes.list, 1, -1 do
		local push = pushes.list[i];
		if push.id == id and push.jid == session.full_jid then return push; end
	end
end

local function condition_of(stanza)
	if stanza.attr.type == "result" then return "result"; end
	local _, condition = stanza:get_error();
	return condition or "undefined-condition";
end

local function note_answer(stanza, session)
	local kind = stanza.attr.type;
	if stanza.name ~= "iq" or (kind ~= "result" and kind ~= "error") then return stanza; end
	local push = find(session, stanza.attr.id);
	if push then
		push.answer = condition_of(stanza);
		push.answered_to = stanza.attr.to;
		push.answers = (push.answers or 0) + 1;
	end
	return stanza;
end

iq.operation("push", function (request)
	local payload, err = xml.parse(request.xml);
	if not payload then return nil, err; end
	local ids = array();
	for _, session in ipairs(iq.sessions(request.jid)) do
		ids:push(iq.push(session, st.clone(payload), request));
	end
	return { ids = ids };
end);

iq.operation("pushes", function (request)
	local found = array();
	for _, push in ipairs(pushes.list) do
		if is_of(push, request.jid) and push.time > (request.since or 0) then
			found:push({ id = push.id; jid = push.jid; kind = push.kind; time = push.time;
				answer = push.answer; answered_to = push.answered_to;
				answers = push.answers or 0;
				overdue = not push.answer and now() - push.time > push.timeout });
		end
	end
	return { pushes = found };
end);

-- Before stream management, which swallows what it has seen before.
local function add_filters(session)
	if session.type and session.type:sub(1, 3) == "c2s" then
		filters.add_filter(session, "stanzas/in", note_answer, 900);
	end
end

function module.load() filters.add_filter_hook(add_filters); end
function module.unload() filters.remove_filter_hook(add_filters); end
