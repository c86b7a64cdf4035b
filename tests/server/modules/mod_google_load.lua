-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Messages in numbers, for benchmarks: as cheap as this server can make them, so that it is not what
-- is measured. They go straight to the streams, past routing, archive and filters, and are counted
-- by stream management as all others are. Two operations of the control port:
--   load-targets {jids}  whom they are for, in turns: the newest session of each of these bare JIDs,
--                        which has stream management
--   load {count}         so many now, each with the body "load <its number for that target>
--                        <microseconds at which it left> <some words>" and an archive's id

module:set_global();

local now = require "util.time".now;
local st = require "util.stanza";
local iq = module:require "google_iq";

local FROM = "romeo@talk.example/load";
local WORDS = "This is a message of an ordinary length for a chat.";
local MESSAGE = "<message type='chat' id='%s' from='"..FROM.."' to='%s'><body>load %d %d "..WORDS
	.."</body><stanza-id xmlns='urn:xmpp:sid:0' by='%s' id='%s'/></message>";

local targets, turn = {}, 0;

-- What stream management keeps is written anew only if a stream is resumed, and ours never are.
local KEPT = st.message();

-- As mod_smacks has it: one request at a time, and the next with the answer.
local function request_answer(session)
	if session.awaiting_ack then return ""; end
	session.awaiting_ack = true;
	return "<r xmlns='"..session.smacks.."'/>";
end

local function send(target, count)
	local session, parts = target.session, {};
	for i = 1, count do
		target.count = target.count + 1;
		local id = target.name.."-"..target.count;
		session.outgoing_stanza_queue:push(KEPT);
		parts[i] = MESSAGE:format(id, target.full_jid, target.count, math.floor(now() * 1000000),
			target.jid, id);
	end
	session.rawsend(table.concat(parts)..request_answer(session));
end

local function find_session(jid)
	local sessions = iq.sessions(jid);
	local session = sessions[#sessions];
	return session and session.smacks and session;
end

iq.operation("load-targets", function (request)
	targets, turn = {}, 0;
	for number, jid in ipairs(request.jids) do
		local session = find_session(jid);
		if not session then return nil, jid.." is not there"; end
		targets[number] = { jid = jid; full_jid = session.full_jid; session = session; count = 0;
			name = ("load-%d-%d"):format(math.floor(now() * 1000000), number) };
	end
	return {};
end);

iq.operation("load", function (request)
	local each, rest = request.count // #targets, request.count % #targets;
	for _ = 1, math.min(#targets, request.count) do
		turn = turn % #targets + 1;
		send(targets[turn], rest > 0 and each + 1 or each);
		rest = rest - 1;
	end
	return {};
end);
