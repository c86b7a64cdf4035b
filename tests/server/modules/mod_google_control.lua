-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The tests' handle on the server: a loopback port chosen by the kernel on which each line is a
-- JSON request {"op":...} and each answer a line {"ok":true,...} or {"ok":false,"error":...}.
-- Also opens the port for direct TLS, reads the seeded tokens, tells all ports in
-- `google_ports_file` once the server accepts connections, and ends the server with its owner.

module:set_global();

local google = module:require "google";
local array = require "util.array";
local json = require "util.json";
local lfs = require "lfs";
local net_server = require "net.server";
local portmanager = require "core.portmanager";
local certmanager = require "core.certmanager";
local configmanager = require "core.configmanager";
local rostermanager = require "core.rostermanager";
local st = require "util.stanza";
local xml = require "util.xml";

local WATCH_S = 2;
local LINE_MAX_BYTES = 4 * 1024 * 1024; -- a stanza to inject, and an end

local trace = module:shared("/*/google/trace");

-- Requests

local operations = {};
-- Those of the other modules, see google_iq.lib.lua.
local more_operations = module:shared("/*/google/operations");

local function local_sessions(jid)
	local found = array();
	for full, session in pairs(prosody.full_sessions) do
		if not jid or full == jid or full:match("^[^/]*") == jid then found:push(session); end
	end
	return found;
end

function operations.ping() return {}; end

-- {domain?, name, value?}: without value tells it; domain "*" or none is for all
function operations.switch(request)
	local domain = request.domain or "*";
	if request.value == nil then
		return { switches = google.switches(domain) };
	end
	local ok, err = google.set_switch(domain, request.name, request.value);
	if not ok then return nil, err; end
	return {};
end

-- {domain?}: every switch of the domain back to what the configuration says
function operations.reset(request)
	google.data.switches[request.domain or "*"] = nil;
	return {};
end

-- {user, domain, password}
function operations.account(request)
	local users = prosody.hosts[request.domain] and prosody.hosts[request.domain].users;
	if not users or not users.create_user then return nil, "no such domain"; end
	local ok, err = users.create_user(request.user, request.password);
	if not ok then return nil, err; end
	google.ensure_account(request.user.."@"..request.domain);
	return {};
end

-- {jid, locked}
function operations.lock(request)
	google.ensure_account(request.jid).locked = request.locked and true or false;
	return {};
end

-- {jid, token, kind, lifetime?, scope?, once?}; lifetime in seconds, negative: expired already
function operations.token(request)
	google.add_token(request.jid, request.token, request.kind, request.lifetime, request.scope,
		request.once);
	return {};
end

-- {jid, token}: as if it had never been given out
function operations.revoke(request)
	google.ensure_account(request.jid).tokens[request.token] = nil;
	return {};
end

-- {user, domain, jid, name?, groups?, subscription?}: an item in the roster, pushed
function operations.roster(request)
	local roster = rostermanager.load_roster(request.user, request.domain);
	local groups = {};
	for _, group in ipairs(request.groups or {}) do groups[group] = true; end
	roster[request.jid] = {
		name = request.name; groups = groups; subscription = request.subscription or "both" };
	if request.subscription == "remove" then roster[request.jid] = nil; end
	rostermanager.save_roster(request.user, request.domain, roster, request.jid);
	rostermanager.roster_push(request.user, request.domain, request.jid);
	return {};
end

-- {since?}: sign-ins seen, oldest first
function operations.auths(request)
	local seen = array();
	for _, entry in ipairs(google.data.auths) do
		if entry.time > (request.since or 0) then seen:push(entry); end
	end
	return { auths = seen };
end

-- {jid?}: full or bare
function operations.sessions(request)
	return { sessions = local_sessions(request.jid):map(function (session)
		local queue = session.outgoing_stanza_queue;
		return {
			jid = session.full_jid; alias = session.google_alias;
			available = session.presence and true or false; priority = session.priority;
			carbons = session.want_carbons and true or false;
			smacks = session.smacks and true or false;
			unacked = queue and queue:count_unacked() or 0;
			hibernating = session.hibernating and true or false;
		};
	end) };
end

-- {jid, how}: "close" ends the stream politely, "drop" the connection, "conflict" (or any other
-- condition) with that stream error. The connection then waits for the client to end its stream: a
-- client that is about to write would meet a closed socket before it had read the error. Without
-- "how", an error of no condition and the end at once.
function operations.kick(request)
	local sessions = local_sessions(request.jid);
	for _, session in ipairs(sessions) do
		if request.how == "drop" then
			local conn = session.conn;
			if conn then
				conn:on("disconnect", "dropped by the test");
				conn:destroy();
			end
		elseif request.how == "close" then
			session:close();
		elseif not request.how then
			session:close({ text = "as the test asked" });
		else
			local streams = { xmlns = "urn:ietf:params:xml:ns:xmpp-streams" };
			session.send(tostring(st.stanza("stream:error"):tag(request.how, streams):up()
				:tag("text", streams):text("as the test asked")));
			session:close();
		end
	end
	return { count = #sessions };
end

-- {room, jid}: the room forgets everybody of that account, without a word
operations["room-forget"] = function (request)
	local muc = prosody.hosts[request.room:match("@(.*)$")].modules.muc;
	local room = assert(muc.get_room_from_jid(request.room), "no such room");
	for real_jid, nick in pairs(room._jid_nick) do
		if real_jid:match("^[^/]*") == request.jid then
			room._jid_nick[real_jid] = nil;
			room._occupants[nick] = nil;
		end
	end
	return {};
end

-- {jid, xml}: to these sessions as it stands; a stanza (with no namespace, or the clients') is
-- counted by stream management
function operations.send(request)
	local stanza, err = xml.parse(request.xml);
	if not stanza then return nil, err; end
	if stanza.attr.xmlns == "jabber:client" then stanza.attr.xmlns = nil; end
	local sessions = local_sessions(request.jid);
	for _, session in ipairs(sessions) do session.send(stanza); end
	return { count = #sessions };
end

-- {domain, xml}: routed as if it came from another server
function operations.route(request)
	local stanza, err = xml.parse(request.xml);
	if not stanza then return nil, err; end
	if stanza.attr.xmlns == "jabber:client" then stanza.attr.xmlns = nil; end
	prosody.core_post_stanza(prosody.hosts[request.domain], stanza);
	return {};
end

-- {mode}: off, brief, full
function operations.trace(request)
	if request.mode ~= "off" and request.mode ~= "brief" and request.mode ~= "full" then
		return nil, "mode is off, brief or full";
	end
	trace.mode = request.mode;
	return {};
end

local function answer(line)
	local request = json.decode(line);
	if type(request) ~= "table" then return { ok = false, error = "not JSON" }; end
	local operation = operations[request.op] or more_operations[request.op];
	if not operation then return { ok = false, error = "no such op" }; end
	local done, reply, err = pcall(operation, request);
	if not done then return { ok = false, error = tostring(reply) }; end
	if not reply then return { ok = false, error = tostring(err) }; end
	reply.ok = true;
	return reply;
end

local listener = {};
local buffers = {};

function listener.onincoming(conn, input)
	local buffer = (buffers[conn] or "")..input;
	if #buffer > LINE_MAX_BYTES then return conn:close(); end
	while true do
		local line, rest = buffer:match("^([^\n]*)\n(.*)$");
		if not line then break; end
		buffer = rest;
		conn:write(json.encode(answer(line)).."\n");
	end
	buffers[conn] = buffer;
end

function listener.ondisconnect(conn)
	buffers[conn] = nil;
end

-- Start

local function port_of(handler)
	local _, port = handler.conn:getsockname();
	return tonumber(port);
end

local function starttls_port()
	for _, _, _, _, active in portmanager.get_active_services():iter("c2s", nil, nil, nil) do
		return port_of(active.server);
	end
end

-- Prosody finds certificates for direct TLS by port number, which is not known yet: give each
-- domain's by SNI, and the first domain's to who names none.
local function listen_direct_tls(port)
	local contexts, first = {}, nil;
	for host in pairs(prosody.hosts) do
		contexts[host] = certmanager.create_context(host, "server", configmanager.get(host, "ssl") or {});
		if host == module:get_option_string("google_first_domain") then first = contexts[host]; end
	end
	return net_server.listen("127.0.0.1", port,
		portmanager.get_service("c2s").listener,
		{ tls_ctx = first, tls_direct = true, sni_hosts = contexts });
end

local function read_json(path)
	local file = path and io.open(path);
	if not file then return nil; end
	local text = file:read("*a");
	file:close();
	return json.decode(text);
end

local function read_seed()
	local seed = read_json(module:get_option_string("google_seed_file")) or {};
	for _, token in ipairs(seed.tokens or {}) do operations.token(token); end
	for _, switch in ipairs(seed.switches or {}) do
		local ok, err = google.set_switch(switch.domain, switch.name, switch.value);
		if not ok then
			module:log("error", "seed: %s", err);
			prosody.shutdown("bad seed", 1);
		end
	end
end

local function write_ports(ports)
	local path = module:get_option_string("google_ports_file");
	local file = assert(io.open(path..".new", "w"));
	file:write(json.encode(ports));
	file:close();
	assert(os.rename(path..".new", path));
end

module:hook("server-started", function ()
	local direct = assert(listen_direct_tls(module:get_option_number("google_direct_tls_port", 0)));
	local control = assert(net_server.listen("127.0.0.1", 0, listener));
	read_seed();
	write_ports({
		port = starttls_port(); direct_tls_port = port_of(direct); control_port = port_of(control) });
end);

local owner = module:get_option_number("google_owner_pid");
if owner then
	module:add_timer(WATCH_S, function ()
		if not lfs.attributes("/proc/"..owner) then
			prosody.main_thread:run(function ()
				prosody.shutdown("the owner is gone", 0);
			end);
			return;
		end
		return WATCH_S;
	end);
end
