using System.CommandLine;
using Engine.Bench.Output;
using Engine.Kernels;

namespace Engine.Bench.Commands;

/// <summary>The options of a command that computes on one device, and keeps no file of settings.</summary>
internal sealed class DeviceOptions
{
    private readonly Option<string> _device = Options.Of("--device", "The device that computes; 'engine devices' lists them.", "cpu");
    private readonly Option<int> _threads = Options.Of("--threads", "Threads of the processor, 0 for all cores.", 0);

    /// <summary>Adds the options to a command.</summary>
    public DeviceOptions(Command command)
    {
        _device.HelpName = "NAME";
        command.Add(_device);
        command.Add(_threads);
    }

    /// <summary>Opens --device.</summary>
    /// <exception cref="UserError">There is no such device here.</exception>
    public Device Open(ParseResult parsed)
    {
        int threads = parsed.GetValue(_threads);
        CommonOptions.RequireThreads("--threads", threads);
        return CommonOptions.OpenDevice(new RunConfig<object>(new object(), parsed.GetValue(_device)!, threads));
    }
}
