//! Landlock: which files may be opened, whether TCP may be used, and who may be signalled (landlock(7)).

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope, make_bitflags, path_beneath_rules,
};

use crate::Grants;

/// The newest interface whose rights are restricted; an older kernel restricts those that it knows.
const NEWEST: ABI = ABI::V6;

/// Restrict this thread, and return the version of the interface; 0 if the kernel has no Landlock.
pub(crate) fn restrict(grants: &Grants) -> Result<i32, RulesetError> {
    let status = ruleset(grants)?.restrict_self()?;
    Ok(match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => 0,
        (_, LandlockStatus::Available { effective_abi, kernel_abi }) => kernel_abi.unwrap_or(effective_abi as i32),
        _ => 0,
    })
}

fn ruleset(grants: &Grants) -> Result<landlock::RulesetCreated, RulesetError> {
    let tcp = if grants.connects { AccessNet::BindTcp.into() } else { AccessNet::from_all(NEWEST) };
    Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(tcp)?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(&grants.read, reading()))?
        .add_rules(path_beneath_rules(&grants.write, reading() | writing()))?
        .add_rules(path_beneath_rules(&grants.create, make_bitflags!(AccessFs::{WriteFile | MakeReg})))?
        .add_rules(path_beneath_rules(&grants.devices, make_bitflags!(AccessFs::{ReadFile | WriteFile | IoctlDev})))
}

fn reading() -> BitFlags<AccessFs> {
    make_bitflags!(AccessFs::{ReadFile | ReadDir})
}

/// Everything that outputs do in their folders: no devices, sockets, pipes or links.
fn writing() -> BitFlags<AccessFs> {
    make_bitflags!(AccessFs::{WriteFile | Truncate | MakeReg | MakeDir | RemoveFile | RemoveDir | Refer})
}
