package postern

import "context"

// GroupsAPI works on groups of people.
type GroupsAPI interface {
	// Get returns a group, and on request its permissions in vaults.
	Get(ctx context.Context, groupID string, groupParams GroupGetParams) (Group, error)
}

type groupsAPI struct{ caller *caller }

func (g groupsAPI) Get(ctx context.Context, groupID string, groupParams GroupGetParams) (Group, error) {
	var group Group
	asked := struct {
		GroupID string `json:"groupId"`
		GroupGetParams
	}{groupID, groupParams}
	err := g.caller.call(ctx, "groups.get", asked, &group)
	return group, err
}

// EnvironmentsAPI works on named sets of variables.
type EnvironmentsAPI interface {
	// GetVariables returns the variables of an environment.
	GetVariables(ctx context.Context, environmentID string) (GetVariablesResponse, error)
}

type environmentsAPI struct{ caller *caller }

func (e environmentsAPI) GetVariables(ctx context.Context, environmentID string) (GetVariablesResponse, error) {
	var answered GetVariablesResponse
	params := map[string]string{"environmentId": environmentID}
	err := e.caller.call(ctx, "environments.getVariables", params, &answered)
	return answered, err
}
