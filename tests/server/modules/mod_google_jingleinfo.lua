-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Servers for calls (google:jingleinfo), the same for all accounts. The first GET subscribes the
-- session to pushes. Operations of the control port:
--   jingleinfo {stun?, relays?, token?}  replaces what is given: lists of {host, udp?, tcp?, tcpssl?}
--                                        with ports as text, and the relays' token
--   jingleinfo-push {jid, from?}         pushes it to the subscribed sessions of the account
--   jingleinfo-asked {jid}               how many sessions of the account have asked

local iq = module:require "google_iq";
local st = require "util.stanza";

local xmlns = "google:jingleinfo";
local info = module:shared("/*/google/jingleinfo");

info.stun = info.stun or { { host = "stun.talk.example", udp = "19302" },
	{ host = "stun1.talk.example", udp = "19302" } };
info.relays = info.relays or { { host = "relay.talk.example", udp = "19295", tcp = "19294",
	tcpssl = "443" } };
info.token = info.token or "CAESFwoHYW5uQHRhbGs=";

local function add_servers(payload, servers)
	for _, server in ipairs(servers) do payload:tag("server", server):up(); end
end

local function build()
	local payload = st.stanza("query", { xmlns = xmlns }):tag("stun");
	add_servers(payload, info.stun);
	payload:up():tag("relay"):tag("token"):text(info.token):up();
	add_servers(payload, info.relays);
	return payload:reset();
end

iq.provide {
	feature = xmlns; xmlns = xmlns; tag = "query";
	get = function (request)
		iq.state(request.session).jingleinfo = true;
		return build();
	end;
};

iq.operation("jingleinfo", function (request)
	for _, name in ipairs { "stun", "relays", "token" } do
		info[name] = request[name] or info[name];
	end
	return {};
end);

iq.operation("jingleinfo-push", function (request)
	for _, session in ipairs(iq.sessions(request.jid)) do
		if iq.state(session).jingleinfo then
			iq.push(session, build(), { kind = "jingleinfo"; from = request.from });
		end
	end
	return {};
end);

iq.operation("jingleinfo-asked", function (request)
	local asked = 0;
	for _, session in ipairs(iq.sessions(request.jid)) do
		if iq.state(session).jingleinfo then asked = asked + 1; end
	end
	return { asked = asked };
end);
