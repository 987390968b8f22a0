using System.Text.Json;
using System.Text.Json.Nodes;
using Engine.Bench.Output;

namespace Engine.Bench.Input;

/// <summary>What a run was asked for. Its file lists the settings, and beside them the device and the threads.</summary>
/// <param name="Settings">What to compute: a record with a property for every setting.</param>
/// <param name="Device">The name of the device that computes.</param>
/// <param name="Threads">Threads of the processor; 0 for all cores.</param>
public sealed record RunConfig<T>(T Settings, string Device = "cpu", int Threads = 0)
    where T : class
{
    internal const string DeviceName = "device";
    internal const string ThreadsName = "threads";

    /// <summary>The settings, device and threads in one object.</summary>
    public JsonObject ToJson()
    {
        var json = JsonSerializer.SerializeToNode(Settings, Json.Options)!.AsObject();
        json[DeviceName] = Device;
        json[ThreadsName] = Threads;
        return json;
    }
}
