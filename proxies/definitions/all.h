// The descriptors of all proxies; a proxy is one file in this folder.
#pragma once

#include "proxies/engine/descriptor.h"

namespace zcp::proxies {

Descriptor apd();
Descriptor dextr();
Descriptor dextr_svd();
Descriptor dss();
Descriptor epe_nas();
Descriptor expressivity();
Descriptor fisher();
Descriptor grad_norm();
Descriptor grad_norm_total();
Descriptor gradsign();
Descriptor grasp();
Descriptor intrain();
Descriptor jacob_cov();
Descriptor knas();
Descriptor l2_norm();
Descriptor l_swag();
Descriptor linear_regions();
Descriptor logsynflow();
Descriptor macs();
Descriptor meco();
Descriptor meco_opt();
Descriptor naswot();
Descriptor near();
Descriptor nn_degree();
Descriptor nn_mass();
Descriptor ntk_condition();
Descriptor ntk_trace();
Descriptor nwot();
Descriptor params();
Descriptor plain();
Descriptor progressivity();
Descriptor snip();
Descriptor stable_rank();
Descriptor swap();
Descriptor swap_regularized();
Descriptor synflow();
Descriptor synflow_bn();
Descriptor trainability();
Descriptor vkdnw();
Descriptor vkdnw_fim();
Descriptor wrcor();
Descriptor zen();
Descriptor zico();
Descriptor zico_bc();

}  // namespace zcp::proxies
