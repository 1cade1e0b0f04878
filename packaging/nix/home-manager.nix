# aimon for home-manager: the command, its settings, and the units of packaging/systemd.
#
#   imports = [ ./home-manager.nix ];
#   services.aimon = { enable = true; package = your.aimon; port = 4318; };

{ config, lib, pkgs, ... }:

let
  cfg = config.services.aimon;
  toml = pkgs.formats.toml { };
  told = lib.filterAttrs (name: value: value != null) {
    port = cfg.port;
    notify = cfg.enableNotifications;
    stream_quiet_period = cfg.completionQuietPeriodSec;
    stream_session_timeout = cfg.sessionTimeoutSec;
  };
in
{
  options.services.aimon = {
    enable = lib.mkEnableOption "aimon, which watches AI coding sessions while no screen is open";

    package = lib.mkOption {
      type = lib.types.package;
      description = "The package that has bin/aimon.";
    };

    port = lib.mkOption {
      type = lib.types.port;
      default = 4318;
      description = "TCP port on 127.0.0.1 of OTLP, hooks and the API.";
    };

    completionQuietPeriodSec = lib.mkOption {
      type = lib.types.nullOr lib.types.ints.positive;
      default = null;
      description = "Seconds; the NDJSON stream tells a session that works in silence this long as completed.";
    };

    sessionTimeoutSec = lib.mkOption {
      type = lib.types.nullOr lib.types.ints.positive;
      default = null;
      description = "Seconds; the NDJSON stream tells a session that is silent this long as expired.";
    };

    enableNotifications = lib.mkOption {
      type = lib.types.bool;
      default = true;
      description = "Whether you are notified of sessions that wait for you, failed or are done.";
    };

    settings = lib.mkOption {
      type = toml.type;
      default = { };
      description = "What else config.toml says; the options above win.";
    };
  };

  config = lib.mkIf cfg.enable {
    home.packages = [ cfg.package ];

    xdg.configFile."aimon/config.toml".source = toml.generate "aimon.toml" (cfg.settings // told);

    systemd.user.sockets.aimon = {
      Unit.Description = "The port of aimon";
      Socket.ListenStream = "127.0.0.1:${toString cfg.port}";
      Install.WantedBy = [ "sockets.target" ];
    };

    systemd.user.services.aimon = {
      Unit = {
        Description = "aimon watches AI coding sessions";
        Requires = [ "aimon.socket" ];
        After = [ "aimon.socket" ];
      };
      Service = {
        Type = "notify";
        ExecStart = "${cfg.package}/bin/aimon serve";
        StandardOutput = "null";
        Restart = "on-failure";
        RestartSec = 2;
      };
      Install.WantedBy = [ "default.target" ];
    };
  };
}
