# What home-manager does with a module, as far as ours needs it: options have types, what is given must fit them,
# what is not known is refused. Nothing of nixpkgs is needed, so nothing of the network is.

{ module, given }:

let
  lib = {
    filterAttrs = keep: set:
      builtins.listToAttrs (builtins.filter (one: keep one.name one.value)
        (map (name: { inherit name; value = set.${name}; }) (builtins.attrNames set)));
    mkOption = option: option;
    mkEnableOption = what: { type = lib.types.bool; default = false; description = "Whether to enable ${what}."; };
    mkIf = condition: content: if condition then content else { };
    types = {
      bool = builtins.isBool;
      package = value: builtins.isString value && builtins.substring 0 1 value == "/";
      port = value: builtins.isInt value && value >= 0 && value <= 65535;
      ints.positive = value: builtins.isInt value && value > 0;
      nullOr = type: value: value == null || type value;
    };
  };
  pkgs.formats.toml = { }: { type = builtins.isAttrs; generate = name: value: { inherit name value; }; };

  chosen = builtins.fromJSON given;
  read = module { inherit lib pkgs; config.services.aimon = values; };
  options = read.options.services.aimon;
  values = builtins.mapAttrs valued options;
  valued = name: option:
    let value = chosen.${name} or (option.default or (throw "services.aimon.${name} is used but not defined"));
    in if option.type value then value else throw "services.aimon.${name} is of another type";
  unknown = builtins.filter (name: !(builtins.hasAttr name options)) (builtins.attrNames chosen);
in
if unknown != [ ]
then throw "services.aimon has no ${builtins.head unknown}"
else {
  options = builtins.mapAttrs (name: option: option.description) options;
  config = read.config;
}
